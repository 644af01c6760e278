"""Preparation of images, batches, and networks of one's own."""

import keras
import numpy as np
import pytest
from PIL import Image

from keras_san.features.preprocess import Preprocess
from keras_san.features.resize import bilinear_tensorflow1
from keras_san.metrics import Extractor, extractors

RANDOM = np.random.default_rng(0)


def network(channels=3, size=8, outputs=1):
    images = keras.Input((size, size, channels))
    flat = keras.layers.Flatten()(images)
    heads = [keras.layers.Dense(5 - index)(flat) for index in range(outputs)]
    return keras.Model(images, heads if outputs > 1 else heads[0])


def prepare(images, target, **options):
    options = {"resize": "bicubic_antialiased", "offset": 0.0, "scale": 1.0} | options
    return keras.ops.convert_to_numpy(Preprocess(images.shape[1:], target, **options)(images))


@pytest.mark.parametrize(("size", "target"), [((20, 12), (7, 9)), ((5, 9), (16, 16))])
def test_resize_is_that_of_pillow(size, target):
    images = RANDOM.integers(0, 256, (2, *size, 3), "uint8")
    found = prepare(images, (*target, 3))
    for image, ours in zip(images, found, strict=True):
        for channel in range(3):
            picture = Image.fromarray(image[..., channel].astype("float32"))
            theirs = picture.resize(target[::-1], Image.Resampling.BICUBIC)
            expected = np.clip(np.asarray(theirs), 0, 255)
            np.testing.assert_allclose(ours[..., channel], expected, atol=1e-3)


def test_resize_of_tensorflow_1():
    # Corners as origin: every second of the doubled row is the row, the last has no neighbour.
    matrix = bilinear_tensorflow1(3, 6)
    row = matrix @ [0.0, 10.0, 20.0]
    np.testing.assert_allclose(row, [0.0, 5.0, 10.0, 15.0, 20.0, 20.0])
    # No antialiasing: a shrunk row takes single pixels.
    np.testing.assert_allclose(bilinear_tensorflow1(4, 2) @ np.arange(4.0), [0.0, 2.0])


def test_channels_and_scale():
    grey = RANDOM.integers(0, 256, (2, 8, 8, 1), "uint8")
    rgb = prepare(grey, (8, 8, 3), offset=128.0, scale=0.5)
    np.testing.assert_allclose(rgb, ((grey - 128.0) * 0.5).repeat(3, axis=-1))
    back = prepare(grey.repeat(3, axis=-1), (8, 8, 1))
    np.testing.assert_allclose(back, grey, atol=1e-4)


def test_batches_do_not_matter():
    extractor = extractors.from_keras(network(outputs=2), "mine", scale=1 / 255)
    images = RANDOM.integers(0, 256, (7, 12, 12, 1), "uint8")
    features, probabilities = extractor.outputs(images, batch_size=7)
    for batch_size in (1, 3, 64):
        np.testing.assert_allclose(extractor(images, batch_size), features, atol=1e-5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-6)
    assert features.shape == (7, 5) and probabilities.shape == (7, 4)
    reverse = extractor(images[::-1], batch_size=3)[::-1]
    np.testing.assert_allclose(reverse, features, atol=1e-5)


def test_the_hash_is_that_of_the_weights():
    one, other = network(), network()
    other.set_weights(one.get_weights())
    hashes = [extractors.from_keras(model, "mine").sha256 for model in (one, other, network())]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 8, 8, 3), "float32"), "must be uint8 .* values in \\[0, 0\\]"),
        (np.full((2, 8, 8, 3), np.nan), "NaN or infinite"),
        (np.full((2, 8, 8, 3), 300), r"values in \[300, 300\]"),
        (np.zeros((0, 8, 8, 3), "uint8"), "no images to measure"),
        (np.zeros((8, 8, 3), "uint8"), "count, height, width, channels"),
        ([np.zeros((8, 8, 3), "uint8"), np.zeros((9, 8, 3), "uint8")], "mixed sizes"),
    ],
)
def test_bad_images(images, message):
    with pytest.raises(ValueError, match=message):
        extractors.from_keras(network(), "mine")(images)


def test_bad_networks():
    with pytest.raises(ValueError, match="returns features only"):
        extractors.from_keras(network(), "mine").probabilities(np.zeros((1, 8, 8, 3), "uint8"))
    images = keras.Input((8, 8, 3))
    with pytest.raises(ValueError, match="features \\(batch, dimension\\)"):
        Extractor("mine", keras.Model(images, keras.layers.ReLU()(images)), "")
    with pytest.raises(ValueError, match="resize must be one of"):
        Extractor("mine", network(), "", resize="nearest")
    with pytest.raises(ValueError, match="Unknown extractor: 'vgg'. Expected one of effnetlite0"):
        extractors.get("vgg")


def test_a_network_of_any_size_needs_one():
    images = keras.Input((None, None, 3))
    free = keras.Model(images, keras.layers.GlobalAveragePooling2D()(images))
    with pytest.raises(ValueError, match="of a fixed size.*Pass input_shape"):
        extractors.from_keras(free, "free")
    assert extractors.from_keras(free, "free", input_shape=(8, 8, 3)).dimension == 3
