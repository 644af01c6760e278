"""Path length where it is known."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from keras_san import metrics


def linear_model(num_classes=0):
    """A generator whose image is its latent: distances are those of the latents."""
    inputs = latents = keras.Input((16,))
    if num_classes:
        inputs = [latents, labels := keras.Input((), dtype="int32")]
        # Older Keras wants every input used.
        latents = latents + 0.0 * keras.ops.cast(labels, "float32")[:, None]
    images = keras.layers.Reshape((4, 4, 1))(latents)
    return SimpleNamespace(
        generator_ema=keras.Model(inputs, images),
        latent_dim=16,
        num_classes=num_classes,
        apply_truncation=lambda: None,
    )


def squares(left, right):
    return np.square((left - right) / 127.5).sum(axis=(1, 2, 3))


@pytest.mark.parametrize("num_classes", [0, 3])
def test_straight_paths_of_a_linear_generator(num_classes):
    from keras_san.sampling.latents import latents

    model = linear_model(num_classes)
    result = metrics.perceptual_path_length(
        model, squares, count=6, epsilon=1e-2, sphere=False, batch_size=4
    )
    ends = latents(range(6), 16), latents([seed + 2**31 for seed in range(6)], 16)
    lengths = np.square(ends[0] - ends[1]).sum(axis=1)
    # The smallest and the largest of so few stay.
    assert result.value == pytest.approx(lengths.mean(), rel=1e-3)
    assert result.standard_error > 0.0


def test_great_circles_have_the_length_of_their_angle():
    values = []
    metrics.perceptual_path_length(
        linear_model(), lambda a, b: values.append((a, b)) or squares(a, b), 5, 1e-2, batch_size=5
    )
    a, b = (x.reshape(5, 16) / 127.5 - 1.0 for x in values[0])
    # The length goes slowly from one end's to the other's.
    ratio = np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert np.abs(ratio - 1.0).max() < 0.02
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert (np.arccos(np.clip(cosine, -1, 1)) < np.pi * 1e-2).all()


def test_trim_and_errors():
    distances = np.r_[np.full(98, 2e-8), 0.0, 1.0]
    assert metrics.path_length(distances).value == pytest.approx(2.0)
    with pytest.raises(ValueError, match="not finite"):
        metrics.path_length([1.0, np.nan])
    with pytest.raises(ValueError, match="needs at least 2"):
        metrics.path_length([1.0])


def test_distance_in_feature_maps():
    images = keras.Input((4, 4, 1))
    double = keras.layers.Concatenate()([images, 0.0 * images + 1.0])
    distance = metrics.FeatureMapDistance(keras.Model(images, [double, double]), "tiny")
    zeros, ones = np.zeros((2, 4, 4, 1)), np.ones((2, 4, 4, 1))
    # Unit vectors (0, 1) and (1, 1) / sqrt 2, twice.
    np.testing.assert_allclose(distance(zeros, ones), 2.0 * (2.0 - np.sqrt(2.0)), rtol=1e-4)
    np.testing.assert_allclose(distance(ones, ones), 0.0)
    single = metrics.FeatureMapDistance(keras.Model(images, [double]), "tiny")
    np.testing.assert_allclose(single(zeros, ones), 2.0 - np.sqrt(2.0), rtol=1e-4)
