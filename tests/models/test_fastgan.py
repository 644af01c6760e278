"""FastGAN's generator: against NumPy, the published numbers of parameters, noise and training."""

import math

import keras
import numpy as np
import pytest
from fastgan_reference import Reference, key
from gradients import close
from keras import ops

from keras_san import backend
from keras_san.models import Discriminator, FastGANGenerator, SANModel
from keras_san.models.head import make_head

JAX = keras.backend.backend() == "jax"
CLASSES, LATENT_DIM, BATCH = 3, 5, 3
LABELS = np.array([2, 0, 1], "int32")
LATENTS = np.random.default_rng(1).normal(size=(BATCH, LATENT_DIM)).astype("float32")


def make(size=32, num_classes=0, **kwargs):
    """A generator whose every weight shows in its images."""
    generator = FastGANGenerator((size, size, 3), LATENT_DIM, num_classes, width=1, **kwargs)
    random = np.random.default_rng(2)
    for weight in generator.weights:
        if weight.name == "moving_variance":
            weight.assign(random.uniform(0.5, 2.0, weight.shape))
        elif weight.name == "vector":
            vector = random.normal(size=weight.shape)
            weight.assign(vector / np.linalg.norm(vector))
        else:
            weight.assign(random.normal(size=weight.shape))
    return generator


def inputs(num_classes, rows=slice(None)):
    arrays = [LATENTS[rows], LABELS[rows]] if num_classes else [LATENTS[rows]]
    tensors = [ops.convert_to_tensor(array) for array in arrays]
    return tensors if num_classes else tensors[0]


def numpy_of(tensor):
    return np.array(ops.convert_to_numpy(tensor))


# 64 pixels have a gate, 128 one of a map of 8 pixels, which is pooled.
@pytest.mark.parametrize(
    ("size", "num_classes", "options"),
    [
        (64, 0, {}),
        (32, CLASSES, {}),
        (128, 0, {"lite": True}),
        (32, CLASSES, {"lite": True}),
        (32, 0, {"self_modulation": True}),
        (32, CLASSES, {"self_modulation": True}),
    ],
)
def test_inference_is_that_of_the_reference(size, num_classes, options):
    generator = make(size, num_classes, **options)
    expected = Reference(generator, training=False)(LATENTS, LABELS if num_classes else None)
    images = numpy_of(backend.compiled(generator)(inputs(num_classes)))
    assert images.dtype == np.float32 and images.shape == (BATCH, size, size, 3)
    assert expected.std() > 0.1
    close(images, expected, 1e-4)


# JAX compiles each operation of a call that is not compiled whole: there one form will do.
@pytest.mark.parametrize(
    ("num_classes", "self_modulation"),
    [(CLASSES, True)] if JAX else [(0, False), (CLASSES, False), (CLASSES, True)],
)
def test_training_is_that_of_the_reference(num_classes, self_modulation):
    generator = make(32, num_classes, self_modulation=self_modulation)
    for weight in generator.weights:
        if weight.name == "strength":
            weight.assign(0.0)
    expected = Reference(generator, training=True)(LATENTS, LABELS if num_classes else None)
    images = numpy_of(generator(inputs(num_classes), training=True))
    close(images, expected, 1e-4)


def test_noise_is_fixed_in_inference_and_drawn_in_training():
    generator = make(32, CLASSES)
    generate = backend.compiled(generator)
    images = numpy_of(generate(inputs(CLASSES)))
    alone = numpy_of(generate(inputs(CLASSES, slice(1, 2))))
    close(alone, images[1:2], 1e-4)
    one, other = (numpy_of(generator(inputs(CLASSES), training=True)) for _ in range(2))
    assert np.abs(one - other).max() > 1e-3


def test_a_training_step_moves_every_weight():
    generator = FastGANGenerator((32, 32, 3), LATENT_DIM, CLASSES, width=1, self_modulation=True)
    seen = keras.Input((32, 32, 3))
    features = keras.layers.LeakyReLU()(keras.layers.Dense(4)(keras.layers.Flatten()(seen)))
    discriminator = Discriminator(keras.Model(seen, features), make_head("san", CLASSES))
    model = SANModel(generator, discriminator, num_classes=CLASSES)
    assert generator.recipe.betas == (0.0, 0.99)
    optimizers = [keras.optimizers.Adam(1e-3, epsilon=1e-12) for _ in range(2)]
    model.compile("non_saturating", *optimizers, run_eagerly=not JAX)
    before = [numpy_of(weight) for weight in generator.trainable_weights]
    images = np.random.default_rng(3).uniform(-1.0, 1.0, (BATCH, 32, 32, 3)).astype("float32")
    logs = model.train_on_batch(images, LABELS, return_dict=True)
    assert all(np.isfinite(float(value)) for value in logs.values())
    idle = [
        weight.path
        for weight, value in zip(generator.trainable_weights, before, strict=True)
        if np.array_equal(numpy_of(weight), value)
    ]
    assert idle == []
    assert model.generate(2).dtype == np.uint8


def test_config_and_file(tmp_path):
    generator = make(32, CLASSES, lite=True, self_modulation=True)
    arguments = {
        "image_shape": (32, 32, 3),
        "latent_dim": LATENT_DIM,
        "num_classes": CLASSES,
        "width": 1,
        "lite": True,
        "self_modulation": True,
    }
    assert {name: generator.get_config()[name] for name in arguments} == arguments
    generator.save(tmp_path / "generator.keras")
    loaded = keras.models.load_model(tmp_path / "generator.keras")
    assert type(loaded) is FastGANGenerator and loaded.lite and loaded.self_modulation
    for one, other in zip(loaded.weights, generator.weights, strict=True):
        np.testing.assert_array_equal(numpy_of(one), numpy_of(other))


def test_latents_move_every_block_that_is_self_modulated():
    """Without it they come in at the first map alone."""
    for self_modulation in (False, True):
        generator = FastGANGenerator(
            (32, 32, 3), LATENT_DIM, CLASSES, width=1, self_modulation=self_modulation
        )
        for weight in generator.weights:
            if "first_normalization" in weight.path and weight.name in ("gamma", "beta"):
                weight.assign(np.zeros(weight.shape, "float32"))
        images = numpy_of(generator([LATENTS, np.zeros(BATCH, "int32")]))
        assert (np.abs(images - images[:1]).max() > 1e-3) == self_modulation


def test_initial_weights_are_those_of_the_published_code():
    generator = FastGANGenerator((32, 32, 3), 64, num_classes=500, width=4)
    weights = {key(weight.path): numpy_of(weight) for weight in generator.weights}
    limits = {
        "first/kernel": (2 * 64 * 16) ** -0.5,
        "block8_normalization1/gain/kernel": 64**-0.5,
        "block8_normalization1/gain/bias": 64**-0.5,
        "to_image/kernel": (9 * 8) ** -0.5,
    }
    for name, limit in limits.items():
        value = weights[name]
        assert 0.9 * limit < np.abs(value).max() <= limit * (1.0 + 1e-6), name
        assert abs(value.std() / limit - 3.0**-0.5) < 0.1, name
    assert abs(weights["class_embedding/embeddings"].std() - 1.0) < 0.02
    assert weights["block8_noise1/strength"] == 0.0


# Resolution, classes, lite: parameters that the module of Projected GAN uses at that resolution.
# (At 128 it holds blocks of 256 pixels that it does not use; of 512 with classes it makes none.)
PUBLISHED = [
    (128, 0, False, 104_935_821),
    (128, 1000, False, 109_648_264),
    (128, 0, True, 78_679_939),
    (256, 0, False, 105_684_175),
    (256, 10, False, 110_274_249),
    (256, 1000, False, 110_527_689),
    (256, 0, True, 79_354_307),
    (256, 10, True, 81_650_627),
    (512, 0, False, 105_870_961),
    (512, 0, True, 79_522_531),
]


@pytest.mark.parametrize(("resolution", "num_classes", "lite", "expected"), PUBLISHED)
def test_parameters(resolution, num_classes, lite, expected):
    shape = (resolution, resolution, 3)
    # In this scope weights are not drawn.
    with keras.StatelessScope(initialize_variables=False):
        generator = FastGANGenerator(shape, num_classes=num_classes, lite=lite)
    assert generator.output_shape == (None, *shape)
    assert sum(math.prod(weight.shape) for weight in generator.trainable_weights) == expected


@pytest.mark.parametrize("shape", [(16, 16, 3), (48, 48, 3), (1024, 1024, 3), (64, 32, 3), (64,)])
def test_refuses_other_shapes(shape):
    with pytest.raises(ValueError, match="32, 64, 128, 256, 512 pixels. Received: image_shape="):
        FastGANGenerator(shape)
