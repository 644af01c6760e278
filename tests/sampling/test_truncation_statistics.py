"""Statistics a truncation: the interpolation, the swapped one, and what a generator gets."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_san
from keras_san.models import DCGANGenerator
from keras_san.sampling import TruncationStatistics, normalization_layers

# The k-th of 51 sets holds k: the interpolated number is the position.
RAMP = np.arange(51, dtype="float32")[:, None]


def position(truncation, **kwargs):
    (mean, variance) = TruncationStatistics([RAMP], [2.0 * RAMP], **kwargs).at(truncation)[0]
    assert variance[0] == pytest.approx(2.0 * mean[0], abs=1e-4)
    return mean[0]


@pytest.mark.parametrize("truncation", [0.0, 0.02, 0.14, 0.28, 0.43, 0.56, 0.58, 0.94, 0.995, 1.0])
def test_interpolation_is_linear(truncation):
    assert position(truncation) == pytest.approx(50.0 * truncation, abs=1e-4)


def test_swapped_weights():
    assert position(0.43, swapped=True) == pytest.approx(21.5)
    # A quarter of the way from the tenth set to the eleventh they give three quarters.
    assert position(0.205, swapped=True) == pytest.approx(10.75, abs=1e-4)
    assert position(0.4, swapped=True) == pytest.approx(20.0)
    assert position(1.0, swapped=True) == pytest.approx(50.0)
    # On these points of the grid a remainder of all but one puts them a whole step off.
    wrong = [t for t in np.arange(1, 50) / 50 if abs(position(t, swapped=True) - 50 * t) > 0.5]
    assert np.round(wrong, 2).tolist() == [0.14, 0.28, 0.56, 0.58, 0.94]


def test_apply_and_file(tmp_path):
    generator = DCGANGenerator((32, 32, 1), width=1, latent_dim=4)
    layers = normalization_layers(generator)
    random = np.random.default_rng(1)
    sets = [
        [random.uniform(1, 2, (3, layer.moving_mean.shape[0])) for layer in layers]
        for _ in range(2)
    ]
    TruncationStatistics(*sets).save(tmp_path / "statistics.npz")
    statistics = TruncationStatistics.load(tmp_path / "statistics.npz")
    statistics.apply(generator, 0.75)
    for layer, means, variances in zip(layers, *sets, strict=True):
        for variable, rows in ((layer.moving_mean, means), (layer.moving_variance, variances)):
            expected = 0.5 * (rows[1] + rows[2])
            np.testing.assert_allclose(ops.convert_to_numpy(variable), expected, rtol=1e-6)


def test_refusals():
    with pytest.raises(ValueError, match="Received: 1.1"):
        TruncationStatistics([RAMP], [RAMP]).at(1.1)
    with pytest.raises(ValueError, match="of the same shapes"):
        TruncationStatistics([RAMP], [RAMP[:2]])
    with pytest.raises(ValueError, match="same number of sets"):
        TruncationStatistics([RAMP, RAMP[:2]], [RAMP, RAMP[:2]])
    generator = DCGANGenerator((32, 32, 1), width=1, latent_dim=4)
    with pytest.raises(ValueError, match="Received statistics of"):
        TruncationStatistics([RAMP], [RAMP]).apply(generator, 0.5)


def test_what_walks_untruncated_latents_has_their_statistics():
    model = keras_san.models.build("dcgan", (32, 32, 1), width=1, latent_dim=4)
    sizes = [layer.moving_mean.shape[0] for layer in normalization_layers(model.generator_ema)]
    sets = [np.linspace(1, 2, 3)[:, None] * np.ones((1, size)) for size in sizes]
    model.truncation_statistics = TruncationStatistics(sets, sets)

    def mean_square(a, b):
        return np.square(a - b).mean(axis=(1, 2, 3))

    def found():
        return (
            keras_san.sampling.langevin_latents(model, [0], steps=2, step_size=0.1),
            keras_san.sampling.project(model, image, starts=1, steps=2).losses,
            keras_san.metrics.perceptual_path_length(model, mean_square, count=4).value,
        )

    image = model.generate(1, truncation=1.0)
    expected = found()
    model.generate(1, truncation=0.5)
    for value, other in zip(expected, found(), strict=True):
        np.testing.assert_array_equal(value, other)


def model_with_statistics():
    model = keras_san.models.build("dcgan", (32, 32, 1), width=1, latent_dim=4)
    layers = normalization_layers(model.generator_ema)
    sets = [np.linspace(1, 4, 3)[:, None] * np.ones((1, x.moving_mean.shape[0])) for x in layers]
    model.truncation_statistics = TruncationStatistics(sets, sets, swapped=True)
    return model


def test_they_are_in_the_file_of_the_model(tmp_path):
    model = model_with_statistics()
    expected = model.generate(2, truncation=0.4)
    model.generate(2, truncation=0.9)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.truncation_statistics.swapped
    difference = loaded.generate(2, truncation=0.4).astype(int) - expected
    assert np.abs(difference).max() <= 1


def test_they_end_with_the_weights_that_they_belong_to():
    model = model_with_statistics()
    model.generate(2, truncation=0.4)
    model.compile()
    images = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 1), "uint8")
    model.fit(images, batch_size=8, verbose=0)
    assert model.truncation_statistics is None
    mean = ops.convert_to_numpy(normalization_layers(model.generator_ema)[0].moving_mean)
    model.generate(2)
    after = ops.convert_to_numpy(normalization_layers(model.generator_ema)[0].moving_mean)
    np.testing.assert_array_equal(mean, after)
