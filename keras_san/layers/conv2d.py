"""Convolution without needless copies."""

import keras

from keras_san import backend


@keras.saving.register_keras_serializable(package="keras_san")
class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D`, without the copies of the map that Keras makes on PyTorch.

    Use it in networks of images in place of Keras's layer; outputs and gradients are the same.
    Channels-last; no dilation, no groups.

    Args:
        filters: int, number of output channels.
        kernel_size: int or pair of ints.
        strides: int or pair of ints. Defaults to `1`.
        padding: `"valid"` or `"same"`. Defaults to `"valid"`.
        **kwargs: the further ones of `keras.layers.Conv2D`.

    Call arguments:
        inputs: tensor `(batch, height, width, channels)`.

    Returns:
        Tensor `(batch, new_height, new_width, filters)`.

    Raises:
        ValueError: if `data_format`, `dilation_rate` or `groups` ask for what is not here.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import Conv2D

    Conv2D(8, kernel_size=4, strides=2)(np.ones((1, 8, 8, 3), "float32")).shape  # (1, 3, 3, 8)
    ```
    """

    def __init__(self, filters, kernel_size, strides=1, padding="valid", **kwargs):
        kwargs["data_format"] = kwargs.get("data_format") or "channels_last"
        super().__init__(filters, kernel_size, strides=strides, padding=padding, **kwargs)
        refuse(self, data_format="channels_last", dilation_rate=(1, 1), groups=1)

    def call(self, inputs):
        """The convolved inputs; see the class."""
        return self.convolve(inputs, self.kernel)

    def convolve(self, inputs, kernel):
        """What the layer computes with `kernel` in the place of its own."""
        kernel = keras.ops.convert_to_tensor(kernel)
        bias = keras.ops.cast(self.bias, kernel.dtype) if self.use_bias else None
        return self.activation(backend.conv(inputs, kernel, self.strides, self.padding, bias))


def refuse(layer, **expected):
    """Raises a `ValueError` where an attribute of a layer is not what it must be."""
    for name, value in expected.items():
        received = getattr(layer, name)
        received = tuple(received) if isinstance(received, list) else received
        if received != value:
            raise ValueError(
                f"`{type(layer).__name__}` takes only `{name}={value!r}`. Received: "
                f"{name}={received!r}. Use `keras.layers.{type(layer).__name__}` for the rest."
            )
