"""The depthwise convolution is Keras's own, in another form."""

import keras
import numpy as np
import pytest

from keras_san import backend
from keras_san.layers import DepthwiseConv2D


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("kernel_size", "strides", "size"), [(3, 1, 7), (5, 2, 8), (3, 2, 9)])
def test_equal_to_a_sum_over_the_window(kernel_size, strides, padding, size):
    random = np.random.default_rng(0)
    images = random.normal(size=(2, size, size, 3)).astype("float32")
    ours = DepthwiseConv2D(kernel_size, strides, padding, bias_initializer="ones")
    keras_layer = keras.layers.DepthwiseConv2D(
        kernel_size, strides, padding, data_format="channels_last"
    )
    outputs = ours(images)
    keras_layer.build(images.shape)
    keras_layer.set_weights(ours.get_weights())
    expected = keras.ops.convert_to_numpy(keras_layer(images))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(outputs), expected, atol=1e-5)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("kernel_size", "strides", "size"), [(5, 2, 8), (3, 2, 9), (3, 3, 8)])
def test_bfloat16_draws_the_same_maps_and_gradient(kernel_size, strides, padding, size):
    random = np.random.default_rng(0)
    # Numbers whose products and sums bfloat16 holds exactly.
    images = random.integers(-2, 3, (2, size, size, 3)).astype("float32")
    kernel = random.integers(-1, 2, (kernel_size, kernel_size, 3, 1)).astype("float32")
    found = {}
    for dtype in ("float32", "bfloat16"):
        layer = DepthwiseConv2D(kernel_size, strides, padding, use_bias=False, dtype=dtype)
        layer.build(images.shape)
        layer.set_weights([kernel])
        inputs = keras.ops.convert_to_tensor(images, dtype)
        found[dtype] = layer(inputs), backend.input_gradient(layer, inputs)
    for exact, coarse in zip(*found.values(), strict=True):
        assert keras.backend.standardize_dtype(coarse.dtype) == "bfloat16"
        coarse, exact = (keras.ops.cast(x, "float32") for x in (coarse, exact))
        coarse, exact = (keras.ops.convert_to_numpy(x) for x in (coarse, exact))
        np.testing.assert_array_equal(coarse, exact)


def test_what_it_does_not_do():
    with pytest.raises(ValueError, match="depth_multiplier"):
        DepthwiseConv2D(3, depth_multiplier=2)
