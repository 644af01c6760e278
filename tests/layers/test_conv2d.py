"""Our convolution is Keras's, without its copies."""

import itertools

import keras
import numpy as np
import pytest

from keras_san import backend
from keras_san.layers import Conv2D

CASES = list(itertools.product((2, 3, 4, 5), (1, 2, 3), ("same", "valid"), (6, 7)))


@pytest.mark.parametrize(("kernel_size", "stride", "padding", "size"), CASES)
def test_equals_keras(kernel_size, stride, padding, size):
    random = np.random.RandomState(0)
    images = random.normal(size=(2, size, size + 1, 3)).astype("float32")
    kernel = random.normal(size=(kernel_size, kernel_size, 3, 4)).astype("float32")
    bias = random.normal(size=4).astype("float32")
    images, kernel, bias = map(keras.ops.convert_to_tensor, (images, kernel, bias))
    strides = (stride, stride)

    def ours(x):
        return backend.conv(x, kernel, strides, padding, bias)

    def theirs(x):
        options = {"strides": strides, "padding": padding, "data_format": "channels_last"}
        return keras.ops.conv(x, kernel, **options) + bias

    for function in (lambda f: f, lambda f: lambda x: backend.input_gradient(square(f), x)):
        results = [keras.ops.convert_to_numpy(function(f)(images)) for f in (ours, theirs)]
        np.testing.assert_allclose(*results, rtol=1e-4, atol=1e-4)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="a limit of PyTorch on the CPU")
@pytest.mark.parametrize("convolve", [backend.conv, backend.conv_transpose])
def test_kernel_gradient_in_float16(convolve):
    random = np.random.RandomState(0)
    images, kernel = random.normal(size=(2, 6, 6, 4)), random.normal(size=(3, 3, 4, 4))

    def gradient(dtype):
        maps = keras.ops.convert_to_tensor(images.astype(dtype))
        values = keras.ops.convert_to_tensor(kernel.astype(dtype))
        function = square(lambda k: convolve(maps, k, (2, 2), "same"))
        return keras.ops.convert_to_numpy(backend.input_gradient(function, values))

    np.testing.assert_allclose(gradient("float16"), gradient("float32"), rtol=0.02, atol=0.5)


def square(function):
    return lambda x: keras.ops.square(function(x))


def test_refuses_what_it_cannot():
    with pytest.raises(ValueError, match="takes only `dilation_rate=\\(1, 1\\)`"):
        Conv2D(2, 3, dilation_rate=2)
    with pytest.raises(ValueError, match="takes only `groups=1`"):
        Conv2D(2, 3, groups=2)
