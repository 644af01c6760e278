"""Transposed convolution that is fast on every backend."""

import keras
from keras import ops

from keras_san import backend
from keras_san.layers.conv2d import refuse


@keras.saving.register_keras_serializable(package="keras_san")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose`, with a kernel gradient that is fast on JAX on the CPU too.

    Use it in generators in place of Keras's layer; outputs and gradients are the same. A map of
    one position, as latents are, is multiplied by the kernel as a matrix, which is several times
    as fast on the CPU. Channels last; no dilation, no output padding.

    Args:
        filters: int, number of output channels.
        kernel_size: int or pair of ints.
        strides: int or pair of ints. Defaults to `1`.
        padding: `"valid"` or `"same"`. Defaults to `"valid"`.
        **kwargs: the further ones of `keras.layers.Conv2DTranspose`.

    Call arguments:
        inputs: tensor `(batch, height, width, channels)`.

    Returns:
        Tensor `(batch, new_height, new_width, filters)`.

    Raises:
        ValueError: if `data_format`, `dilation_rate` or `output_padding` ask for what is not here.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import Conv2DTranspose

    layer = Conv2DTranspose(8, kernel_size=4, strides=2, padding="same")
    layer(np.ones((1, 4, 4, 16), "float32")).shape  # (1, 8, 8, 8)
    ```
    """

    def __init__(self, filters, kernel_size, strides=1, padding="valid", **kwargs):
        kwargs["data_format"] = kwargs.get("data_format") or "channels_last"
        super().__init__(filters, kernel_size, strides=strides, padding=padding, **kwargs)
        refuse(self, data_format="channels_last", dilation_rate=(1, 1), output_padding=None)

    def call(self, inputs):
        """Upsampled `inputs`; see the class."""
        return self.convolve(inputs, self.kernel)

    def convolve(self, inputs, kernel):
        """What the layer computes with `kernel` in the place of its own."""
        kernel = ops.convert_to_tensor(kernel)
        bias = ops.cast(self.bias, kernel.dtype) if self.use_bias else None
        if self._spreads_one_position(inputs):
            outputs = _spread(inputs, kernel, bias)
        else:
            outputs = backend.conv_transpose(inputs, kernel, self.strides, self.padding, bias)
        return self.activation(outputs)

    def _spreads_one_position(self, inputs):
        """Whether the outputs are one position's products with the kernel, and nothing else."""
        covered = all(a >= b for a, b in zip(self.kernel_size, self.strides, strict=True))
        return tuple(inputs.shape[1:3]) == (1, 1) and self.padding == "valid" and covered


def _spread(inputs, kernel, bias):
    """A map of one position times the kernel `(rows, columns, out, in)`, as one product."""
    rows, columns, filters, channels = kernel.shape
    matrix = ops.transpose(ops.reshape(kernel, (-1, channels)))
    # With channels of their own, so that other inputs fail and do not become more rows.
    outputs = ops.matmul(ops.reshape(inputs, (-1, inputs.shape[-1])), matrix)
    outputs = ops.reshape(outputs, (-1, rows, columns, filters))
    return outputs if bias is None else outputs + bias
