"""Projection: a linear generator's latents are found again."""

import keras
import numpy as np
import pytest
from linear_gan import linear_model

from keras_san import models
from keras_san.metrics.extractors import from_keras
from keras_san.sampling import latents, project

SHAPE = (4, 4, 1)
MATRIX = np.linalg.qr(np.random.RandomState(0).standard_normal((16, 3)))[0].T * 0.3


@pytest.fixture(scope="module")
def model():
    return linear_model(MATRIX, np.ones(16), SHAPE)


def image_of(vectors):
    return (np.asarray(vectors) @ MATRIX).reshape(-1, *SHAPE).astype("float32")


def feature_network(outputs=1):
    """A random projection of pixels 0 to 255, or several."""
    images = keras.Input(SHAPE)
    flat = keras.layers.Flatten()(images)
    return keras.Model(
        images,
        [
            keras.layers.Dense(5, kernel_initializer=keras.initializers.GlorotUniform(seed))(flat)
            for seed in range(outputs)
        ],
    )


def test_finds_the_latents_of_a_linear_generator(model):
    wanted = latents([50, 51, 52], 3)
    found = project(model, image_of(wanted), starts=2, steps=150, learning_rate=0.2)
    np.testing.assert_allclose(found.latents, wanted, atol=0.01)
    assert found.losses.max() < 1e-5 and found.labels is None
    images = model.generate_from_latents(wanted).astype(int)
    assert np.abs(found.images.astype(int) - images).max() <= 1


def test_finds_the_nearest_of_what_cannot_be_made(model):
    # Across the span of the generator nothing helps; along it the latents are the projection.
    beside = np.random.RandomState(1).standard_normal(16)
    beside -= MATRIX.T @ (MATRIX @ beside) / 0.09
    wanted = latents([50], 3)
    images = image_of(wanted) + 0.05 * beside.reshape(1, *SHAPE)
    found = project(model, images.astype("float32"), starts=1, steps=150, learning_rate=0.2)
    np.testing.assert_allclose(found.latents, wanted, atol=0.01)
    assert found.losses[0] == pytest.approx(np.mean(np.square(0.05 * beside)), rel=1e-3)


@pytest.mark.parametrize("kind", ["extractor", "model", "several"])
def test_features_take_part(model, kind):
    network = feature_network(3 if kind == "several" else 1)
    features = from_keras(network, "random") if kind == "extractor" else network
    wanted = latents([50, 51], 3)
    images = image_of(wanted)
    options = {"starts": 1, "steps": 150, "learning_rate": 0.3, "batch_size": 2}
    found = project(model, images, features, feature_weight=2.0, **options)
    np.testing.assert_allclose(found.latents, wanted, atol=0.05)
    # The loss of the latents it returns, written out.
    start = project(model, images, features, feature_weight=2.0, starts=1, steps=1)
    made = image_of(start.latents)
    loss = np.square(made - images).mean(axis=(1, 2, 3))
    outputs = [keras.tree.flatten(network((x + 1.0) * 127.5)) for x in (made.clip(-9, 9), images)]
    terms = []
    for a, b in zip(*outputs, strict=True):
        a, b = keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(b)
        terms.append(np.square(a - b).sum(axis=1) / np.square(b).sum(axis=1))
    np.testing.assert_allclose(start.losses, loss + 2.0 * np.mean(terms, axis=0), rtol=1e-3)


def test_keeps_the_best_start(model):
    images = image_of(latents([50, 51], 3))
    options = {"steps": 3, "learning_rate": 0.05}
    alone = [project(model, images, starts=1, seed=seed, **options) for seed in range(4)]
    together = project(model, images, starts=4, **options)
    losses = np.stack([projection.losses for projection in alone])
    np.testing.assert_allclose(together.losses, losses.min(axis=0), rtol=1e-4)
    for row, best in enumerate(losses.argmin(axis=0)):
        np.testing.assert_allclose(together.latents[row], alone[best].latents[row], atol=1e-5)


def test_batch_size_changes_nothing(model):
    images = image_of(latents([50, 51, 52], 3))
    large, small = (
        project(model, images, feature_network(), starts=2, steps=5, batch_size=size)
        for size in (64, 4)
    )
    np.testing.assert_allclose(large.latents, small.latents, atol=1e-4)


def test_the_class_is_given_or_the_best_of_the_starts():
    model = linear_model(MATRIX, np.ones(16), SHAPE, num_classes=2)
    wanted = latents([50, 51], 3)
    labels = np.array([1, 0])
    images = image_of(wanted) + 0.1 * labels[:, None, None, None].astype("float32")
    given = project(model, images, labels=[1, 0], starts=2, steps=100, learning_rate=0.2)
    np.testing.assert_allclose(given.latents, wanted, atol=0.02)
    assert given.labels.tolist() == [1, 0]
    found = project(model, images, starts=8, steps=100, learning_rate=0.2)
    assert found.labels.tolist() == [1, 0]


def test_takes_uint8(model):
    wanted = model.generate(seeds=[7])
    found = project(model, wanted, starts=1, steps=100, learning_rate=0.2)
    np.testing.assert_allclose(found.latents, latents([7], 3), atol=0.05)


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        (np.zeros((1, 8, 8, 1), "float32"), {}, "Expected images of shape"),
        (np.zeros((0, *SHAPE), "float32"), {}, "Expected images of shape"),
        (np.full((1, *SHAPE), 7.0), {}, r"float in \[-1, 1\]"),
        (np.zeros((1, *SHAPE), "int64"), {}, r"float in \[-1, 1\]"),
        (np.zeros((1, *SHAPE), "float32"), {"starts": 0}, "must be positive"),
        (np.zeros((1, *SHAPE), "float32"), {"labels": 0}, "unconditional"),
    ],
)
def test_refusals(model, images, options, message):
    with pytest.raises(ValueError, match=message):
        project(model, images, **options)


def test_what_is_no_number_is_refused():
    model = models.build("dcgan", (32, 32, 1), width=2, latent_dim=4)
    wanted = model.generate(1)
    for options in ({"learning_rate": np.nan}, {"feature_weight": np.nan}):
        with pytest.raises(ValueError, match="nan"):
            project(model, wanted, steps=1, **options)
    with pytest.raises(ValueError, match="uint8, or float"):
        project(model, np.full((1, 32, 32, 1), np.nan, "float32"), steps=1)


def test_images_from_zero_to_one_are_told_of(model):
    images = np.linspace(0.0, 1.0, np.prod(SHAPE), dtype="float32").reshape(1, *SHAPE)
    with pytest.warns(UserWarning, match="images in \\[0, 1\\] are taken as grey to white"):
        project(model, images, starts=1, steps=1)
