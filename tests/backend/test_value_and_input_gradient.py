"""Values and gradient of a network by its first input, without its state changing."""

import keras
import numpy as np

from keras_san import backend


def test_it_is_the_gradient_of_the_sum_with_the_weights_of_now():
    first, second = keras.Input((2,)), keras.Input((2,))
    layer = keras.layers.Dense(1, use_bias=False)
    hidden = keras.layers.BatchNormalization()(first)
    product = layer(keras.layers.Multiply()([hidden, second]))
    network = keras.Model([first, second], keras.layers.Reshape(())(product))
    function = backend.value_and_input_gradient(network)
    x = np.array([[1.0, 2.0], [3.0, 4.0]], "float32")
    y = np.array([[0.5, 1.0], [2.0, -1.0]], "float32")
    before = [keras.ops.convert_to_numpy(weight) for weight in network.non_trainable_weights]
    for weights in ([[2.0], [3.0]], [[-1.0], [0.5]]):
        layer.set_weights([np.array(weights)])
        outputs = function([keras.ops.convert_to_tensor(array) for array in (x, y)])
        values, gradient = (keras.ops.convert_to_numpy(output) for output in outputs)
        expected = y * np.array(weights)[:, 0] / np.sqrt(1.001)
        np.testing.assert_allclose(values, (x * expected).sum(axis=1), rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(gradient, expected, rtol=1e-5)
    for weight, value in zip(network.non_trainable_weights, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight), value)
