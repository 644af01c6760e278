"""Class directions against the closed forms."""

import keras
import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san.layers import SANEmbedding

CLASSES, FEATURES = 4, 5
LABELS = np.array([2, 0, 2])  # One class twice, two classes never.


@pytest.fixture
def layer():
    layer = SANEmbedding(CLASSES, FEATURES)
    layer.build((None,))
    random = np.random.default_rng(1)
    for weight in layer.weights:
        weight.assign(random.normal(size=weight.shape))
    return layer


@pytest.fixture
def cotangent():
    return np.random.default_rng(3).normal(size=(len(LABELS), FEATURES)).astype("float32")


def parts(layer):
    rows, scale = (np.asarray(ops.convert_to_numpy(weight)) for weight in layer.weights)
    norm = np.linalg.norm(rows, axis=1, keepdims=True)
    return norm, rows / norm, scale


def members(labels):
    return np.eye(CLASSES, dtype="float32")[labels]


def test_value(layer):
    _, direction, scale = parts(layer)
    expected = (direction * scale)[LABELS]
    close(ops.convert_to_numpy(layer(LABELS)), expected)
    for output in layer(LABELS, direction_pair=True):
        close(ops.convert_to_numpy(output), expected)
    assert layer(LABELS[:, None]).shape == (3, 1, FEATURES)


def test_gradient_of_fun(layer, cotangent):
    _, direction, _ = parts(layer)

    def total():
        fun, _ = layer(LABELS, direction_pair=True)
        return ops.sum(ops.multiply(fun, cotangent))

    rows, scale = gradients(total, layer.weights)
    assert not rows.any()
    inner = (cotangent * direction[LABELS]).sum(1, keepdims=True)
    close(scale, members(LABELS).T @ inner)


def test_gradient_of_direction(layer, cotangent):
    norm, direction, scale = parts(layer)

    def total():
        _, direction = layer(LABELS, direction_pair=True)
        return ops.sum(ops.multiply(direction, cotangent))

    rows, by_scale = gradients(total, layer.weights)
    mixed = members(LABELS).T @ cotangent
    tangent = mixed - direction * (direction * mixed).sum(1, keepdims=True)
    close(rows, scale / norm * tangent)
    assert not by_scale.any()


def test_new_layer_equals_embedding():
    initializer = keras.initializers.RandomNormal(stddev=1.0, seed=7)
    plain = keras.layers.Embedding(CLASSES, FEATURES, embeddings_initializer=initializer)
    layer = SANEmbedding(CLASSES, FEATURES, embeddings_initializer=initializer)
    close(ops.convert_to_numpy(layer(LABELS)), ops.convert_to_numpy(plain(LABELS)), 1e-6)
    norms = np.linalg.norm(ops.convert_to_numpy(layer.embeddings), axis=1)
    close(norms, np.ones(CLASSES), 1e-6)


@pytest.mark.parametrize("arguments", [(0, 3), (3, 0), (2.5, 3)])
def test_refuses(arguments):
    with pytest.raises(ValueError, match="must be a positive integer"):
        SANEmbedding(*arguments)
