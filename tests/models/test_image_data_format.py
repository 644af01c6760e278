"""Images are channels-last, whatever Keras's own setting is."""

import keras
import numpy as np
import pytest

import keras_san
from keras_san.features import residual_classifier
from keras_san.layers import ReconstructionHead
from keras_san.metrics import extractors


@pytest.fixture
def channels_first():
    """Keras's setting, as some users have it."""
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format(before)


def test_scores_of_simple_san(channels_first):
    discriminator = keras_san.models.SimpleSANDiscriminator((28, 28, 1), width=2)
    images = np.random.default_rng(0).uniform(-1, 1, (2, 28, 28, 1)).astype("float32")
    first = keras.ops.convert_to_numpy(discriminator(images))
    keras.config.set_image_data_format("channels_last")
    same = keras_san.models.SimpleSANDiscriminator((28, 28, 1), width=2)
    same.set_weights(discriminator.get_weights())
    np.testing.assert_allclose(first, keras.ops.convert_to_numpy(same(images)), atol=1e-5)


def test_an_auto_encoding_head(channels_first):
    images = np.zeros((2, 16, 16, 3), "float32")
    assert ReconstructionHead(width=4)([np.ones((2, 8), "float32"), images]).shape == (2, 1)


def test_extractors(channels_first):
    images = np.random.default_rng(0).integers(0, 256, (2, 28, 28, 1), "uint8")
    assert extractors.get("mnistclassifier").outputs(images, 2)[0].shape == (2, 128)
    network = residual_classifier.residual_classifier_network()
    assert network(np.zeros((1, 32, 32, 3), "float32"))[0].shape == (1, 192)
