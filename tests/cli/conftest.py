"""A tiny preset for the command to work on."""

import pytest

from keras_san.models import build


@pytest.fixture(scope="session")
def tiny_preset(tmp_path_factory):
    """The folder of a preset without labels."""
    model = build("dcgan", (32, 32, 1), width=4)
    return model.save_preset(tmp_path_factory.mktemp("presets") / "dcgan_noise_32")


@pytest.fixture(scope="session")
def conditional_preset(tmp_path_factory):
    """The folder of a preset with ten classes."""
    model = build("dcgan", (32, 32, 1), num_classes=10, width=4)
    return model.save_preset(tmp_path_factory.mktemp("presets") / "dcgan_digits_32")
