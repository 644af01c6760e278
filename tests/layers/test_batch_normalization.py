"""Our batch normalisation is Keras's, with fewer passes over memory."""

import keras
import numpy as np
import pytest

from keras_san import backend
from keras_san.layers import BatchNormalization


def pair(**arguments):
    layers = [BatchNormalization(**arguments), keras.layers.BatchNormalization(**arguments)]
    random = np.random.RandomState(0)
    weights = [random.uniform(0.5, 1.5, 3).astype("float32") for _ in range(4)]
    for layer in layers:
        layer.build((None, 4, 4, 3))
        layer.set_weights(weights)
    return layers


def images(dtype="float32"):
    values = np.random.RandomState(1).normal(1.0, 2.0, (8, 4, 4, 3))
    return keras.ops.cast(keras.ops.convert_to_tensor(values.astype("float32")), dtype)


@pytest.mark.parametrize("training", [True, False])
def test_outputs_and_moving_statistics(training):
    ours, theirs = pair(momentum=0.9, epsilon=1e-5)
    outputs = [keras.ops.convert_to_numpy(layer(images(), training=training)) for layer in pair()]
    np.testing.assert_allclose(*outputs, rtol=1e-4, atol=1e-5)
    for layer in (ours, theirs):
        layer(images(), training=training)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_first_and_second_order_gradients():
    target = keras.ops.convert_to_tensor(
        np.random.RandomState(2).normal(size=(8, 4, 4, 3)).astype("float32")
    )

    def energy(layer):
        return lambda x: keras.ops.square(layer(x, training=True)) * target

    def slope(layer):
        return lambda x: keras.ops.square(backend.input_gradient(energy(layer), x))

    for function in (energy, slope):
        gradients = [
            keras.ops.convert_to_numpy(
                keras.ops.stop_gradient(backend.input_gradient(function(layer), images()))
            )
            for layer in pair(epsilon=1e-3)
        ]
        scale = np.abs(gradients[1]).max()
        np.testing.assert_allclose(gradients[0] / scale, gradients[1] / scale, atol=2e-5)


def test_half_precision_keeps_float32_statistics():
    keras.config.set_dtype_policy("mixed_bfloat16")
    ours, theirs = pair()
    outputs = [
        keras.ops.convert_to_numpy(
            keras.ops.cast(layer(images("bfloat16"), training=True), "float32")
        )
        for layer in (ours, theirs)
    ]
    np.testing.assert_allclose(*outputs, rtol=2e-2, atol=2e-2)
    assert ours.moving_mean.dtype == "float32"
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
