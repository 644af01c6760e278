"""A tiny model with weights that no initializer gives, and the preset of it."""

import shutil

import keras
import numpy as np
import pytest

from keras_san.models import build


def disturb(network, seed):
    """Moves every weight off its start, so that a weight left unloaded is seen."""
    generator = np.random.default_rng(seed)
    for variable in network.weights:
        value = keras.ops.convert_to_numpy(variable)
        if np.issubdtype(value.dtype, np.floating):
            variable.assign(value + 0.1 * np.abs(generator.standard_normal(value.shape)))
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))


def make_model(num_classes=0, **options):
    model = build("dcgan", (32, 32, 1), num_classes=num_classes, width=4, **options)
    for seed, name in enumerate(("generator_ema", "generator", "discriminator")):
        disturb(getattr(model, name), seed)
    return model


@pytest.fixture(scope="session")
def model():
    return make_model()


@pytest.fixture(scope="session")
def saved(model, tmp_path_factory):
    """The folder of the model's preset. Tests copy it before they change it."""
    return model.save_preset(
        tmp_path_factory.mktemp("saved") / "dcgan_shapes_32",
        data={"name": "shapes", "license": "CC0-1.0", "sha256": "ab" * 32, "num_images": 500},
        license="Apache-2.0",
        history={"discriminator_loss": [np.float32(2.0), np.float32(1.5)]},
        recipe={
            "command": "keras-san train --data shapes",
            "batch_size": 64,
            "loss": {"name": "hinge"},
        },
        metrics={"kid_pixels": {"value": 0.25, "protocol": "500 images, seed 0"}},
    )


@pytest.fixture
def folder(saved, tmp_path):
    """A copy of the preset that a test may spoil."""
    return shutil.copytree(saved, tmp_path / "dcgan_shapes_32")


@pytest.fixture
def new_model():
    return make_model


@pytest.fixture
def keras_networks():
    """Makes a generator and a discriminator of Keras's own classes, with one layer to choose."""

    def make(layer):
        latents = keras.Input((4,))
        pixels = keras.layers.Dense(64, activation="tanh")(latents)
        generator = keras.Model(latents, keras.layers.Reshape((8, 8, 1))(pixels))
        images = keras.Input((8, 8, 1))
        features = keras.layers.Flatten()(layer(images))
        return generator, keras.Model(images, keras.layers.Dense(1)(features))

    return make
