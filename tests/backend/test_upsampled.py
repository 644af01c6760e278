"""Doubling of maps: values, gradient, and the gradient of the gradient."""

import numpy as np
from keras import ops

from keras_san import backend


def test_values_and_both_gradients():
    maps = np.random.default_rng(0).normal(size=(2, 3, 5, 4)).astype("float32")
    found = ops.convert_to_numpy(backend.upsampled(ops.convert_to_tensor(maps)))
    np.testing.assert_array_equal(found, maps.repeat(2, axis=1).repeat(2, axis=2))

    def gradient(x):
        return backend.input_gradient(lambda x: backend.upsampled(x) ** 3, x)

    # Every number is there four times, and the derivatives of x^3 are 3x^2 and 6x.
    first, second = gradient(maps), backend.input_gradient(gradient, maps)
    np.testing.assert_allclose(ops.convert_to_numpy(first), 12 * maps**2, rtol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(second), 24 * maps, rtol=1e-5)
