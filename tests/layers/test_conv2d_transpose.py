"""The transposed convolution equals Keras's own: values, first and second derivatives."""

import itertools

import keras
import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san import backend
from keras_san.layers import Conv2DTranspose

FORMS = list(itertools.product((2, 3, 4, 5), (1, 2, 3), ("same", "valid")))


# On PyTorch Keras before 3.15 has other values, or none, for kernels that are padded unevenly.
OLD_KERAS = keras.backend.backend() == "torch" and keras.version() < "3.15"


def reference(inputs, kernel, strides, padding):
    return ops.conv_transpose(
        inputs, kernel, strides=strides, padding=padding, data_format="channels_last"
    )


@pytest.mark.parametrize(("size", "stride", "padding"), FORMS)
def test_equals_keras_to_second_order(size, stride, padding):
    if OLD_KERAS and padding == "same" and size > stride and (size - stride) % 2:
        pytest.skip("Keras warns of its own values")
    random = np.random.default_rng(size * 10 + stride)
    # Odd, and not square.
    inputs = random.normal(size=(2, 3, 5, 2)).astype("float32")
    kernel = random.normal(size=(size, size, 3, 2)).astype("float32")
    strides = (stride, stride)
    expected = ops.convert_to_numpy(reference(inputs, kernel, strides, padding))
    ours = backend.conv_transpose(
        ops.convert_to_tensor(inputs), ops.convert_to_tensor(kernel), strides, padding
    )
    close(ops.convert_to_numpy(ours), expected)
    cotangent = random.normal(size=expected.shape).astype("float32")

    def total(convolve):
        return both_orders(lambda *tensors: convolve(*tensors, strides, padding), cotangent)

    found = gradients(total(backend.conv_transpose), inputs=[inputs, kernel])
    wanted = gradients(total(reference), inputs=[inputs, kernel])
    for one, other in zip(found, wanted, strict=True):
        assert np.abs(other).max() > 1e-3
        close(one, other)


def both_orders(convolve, cotangent):
    """A score, and the norm of its gradient by the inputs: both orders in one program."""

    def penalty(inputs, kernel):
        def score(inputs):
            outputs = convolve(inputs, kernel)
            return ops.sum(ops.multiply(ops.tanh(outputs), cotangent), axis=(1, 2, 3))

        gradient = backend.input_gradient(score, inputs)
        norm = ops.sqrt(ops.sum(ops.square(gradient), axis=(1, 2, 3)))
        return ops.mean(norm) + ops.mean(ops.square(score(inputs)))

    return penalty


@pytest.mark.parametrize(("size", "stride", "padding"), FORMS)
def test_map_of_one_position_equals_keras_to_second_order(size, stride, padding):
    if OLD_KERAS and padding == "same" and size > stride and (size - stride) % 2:
        pytest.skip("Keras warns of its own values")
    random = np.random.default_rng(size * 10 + stride)
    layer = Conv2DTranspose(3, size, strides=stride, padding=padding, use_bias=False)
    inputs = random.normal(size=(2, 1, 1, 2)).astype("float32")
    layer.build(inputs.shape)
    kernel = random.normal(size=(size, size, 3, 2)).astype("float32")

    def by_keras(inputs, kernel):
        return reference(inputs, kernel, layer.strides, padding)

    expected = ops.convert_to_numpy(by_keras(inputs, kernel))
    close(ops.convert_to_numpy(layer.convolve(ops.convert_to_tensor(inputs), kernel)), expected)
    cotangent = random.normal(size=expected.shape).astype("float32")
    found = gradients(both_orders(layer.convolve, cotangent), inputs=[inputs, kernel])
    wanted = gradients(both_orders(by_keras, cotangent), inputs=[inputs, kernel])
    for one, other in zip(found, wanted, strict=True):
        assert np.abs(other).max() > 1e-3
        close(one, other)


def test_map_of_one_position_with_other_channels_fails():
    layer = Conv2DTranspose(3, 4, use_bias=False)
    layer.build((2, 1, 1, 2))
    # Each backend has an error of its own.
    with pytest.raises(Exception):  # noqa: B017
        layer.convolve(ops.ones((2, 1, 1, 4)), layer.kernel)


def test_second_order_by_the_inputs_of_a_kernel_gradient():
    """The other mixed derivative: of the kernel gradient's norm by inputs and kernel."""
    random = np.random.default_rng(1)
    inputs = random.normal(size=(2, 3, 3, 2)).astype("float32")
    kernel = random.normal(size=(4, 4, 3, 2)).astype("float32")

    def penalty(convolve):
        def total(inputs, kernel):
            def score(kernel):
                return ops.sum(ops.tanh(convolve(inputs, kernel, (2, 2), "same")))

            return ops.sum(ops.square(backend.input_gradient(score, kernel)))

        return total

    found = gradients(penalty(backend.conv_transpose), inputs=[inputs, kernel])
    wanted = gradients(penalty(reference), inputs=[inputs, kernel])
    for one, other in zip(found, wanted, strict=True):
        close(one, other)


def test_strides_of_two_sizes():
    random = np.random.default_rng(1)
    inputs = random.normal(size=(1, 3, 4, 2)).astype("float32")
    kernel = random.normal(size=(4, 3, 3, 2)).astype("float32")

    def total(convolve):
        return lambda *x: ops.sum(ops.square(convolve(*x, (2, 1), "same")))

    found = gradients(total(backend.conv_transpose), inputs=[inputs, kernel])
    wanted = gradients(total(reference), inputs=[inputs, kernel])
    for one, other in zip(found, wanted, strict=True):
        close(one, other)


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_layer_equals_the_layer_of_keras(padding):
    inputs = np.random.default_rng(1).normal(size=(2, 3, 5, 2)).astype("float32")
    arguments = {
        "strides": 2,
        "padding": padding,
        "activation": "relu",
        "kernel_initializer": keras.initializers.GlorotUniform(seed=1),
        "bias_initializer": keras.initializers.RandomNormal(seed=2),
    }
    ours, keras_own = (
        Conv2DTranspose(3, 4, **arguments),
        keras.layers.Conv2DTranspose(3, 4, **arguments),
    )
    output = ops.convert_to_numpy(ours(inputs))
    close(output, ops.convert_to_numpy(keras_own(inputs)))
    assert tuple(ours.compute_output_shape(inputs.shape)) == output.shape


@pytest.mark.parametrize(
    ("argument", "value"),
    [("data_format", "channels_first"), ("dilation_rate", 2), ("output_padding", 1)],
)
def test_refuses_what_it_has_not(argument, value):
    with pytest.raises(ValueError, match=f"takes only `{argument}="):
        Conv2DTranspose(2, 3, strides=1 if argument == "dilation_rate" else 2, **{argument: value})
