"""Convolutional SAN head."""

import keras

from keras_san import backend
from keras_san.layers.san_head import SANHead


@keras.saving.register_keras_serializable(package="keras_san")
class SANConv2D(SANHead):
    """The last convolution of a patch discriminator, as a direction on the unit sphere.

    Use it where the discriminator ended in `keras.layers.Conv2D(1, ...)` and every position of
    the output is a score of its own. Channels-last.

    Formula, for each filter:
    ```
    output = conv(inputs + bias, kernel / ||kernel||) * scale
    ```

    Args:
        filters: int, number of directions.
        kernel_size: int or pair of ints.
        strides: int or pair of ints. Defaults to `1`.
        padding: `"valid"` or `"same"`. The bias is added before the padding. Defaults to
            `"valid"`.
        use_bias: bool, whether to add a bias to the *inputs*. Defaults to `True`.
        kernel_initializer: draws the kernel whose direction and norm the head starts from.
            Defaults to `"glorot_uniform"`.
        **kwargs: `normalize`, `stop_gradient` and `scale_unit` (see `keras_san.layers.SANHead`),
            and those of `keras.layers.Layer`.

    Call arguments:
        inputs: tensor `(batch, height, width, channels)`.
        direction_pair: bool, whether to return `(fun, dir)` in place of one tensor.

    Returns:
        Tensor `(batch, new_height, new_width, filters)` of float32, or a pair of them.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import SANConv2D

    head = SANConv2D(1, kernel_size=4)
    scores = head(np.ones((2, 8, 8, 16), "float32"))  # (2, 5, 5, 1)
    ```

    Reference: Takida et al., "SAN", ICLR 2024, equations 9 and 10.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not isinstance(filters, int) or filters < 1:
            raise ValueError(f"`filters` must be a positive integer. Received: filters={filters!r}")
        if padding not in ("valid", "same"):
            raise ValueError(f"`padding` must be 'valid' or 'same'. Received: padding={padding!r}")
        self.filters = filters
        self.kernel_size = _pair(kernel_size)
        self.strides = _pair(strides)
        self.padding = padding
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def build(self, input_shape):
        """Creates kernel `(rows, columns, channels, filters)`, scale `(filters,)` and bias."""
        channels = input_shape[-1]
        shape = (*self.kernel_size, channels, self.filters)
        self.kernel, self.scale = self._add_direction(
            "kernel", shape, (self.filters,), (0, 1, 2), self.kernel_initializer
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(channels,), initializer="zeros")

    def _convolve(self, inputs, kernel):
        return backend.conv(inputs, kernel, self.strides, self.padding)

    def call(self, inputs, direction_pair=False):
        """Scores of every position of `inputs`; see the class."""
        if self.bias is not None:
            inputs = inputs + self.bias
        direction = self._normalized(self.kernel, axis=(0, 1, 2))
        return self._output(self._convolve, inputs, direction, self.scales(), direction_pair)

    def compute_output_shape(self, input_shape):
        """Shape of the output, or of each tensor of the pair."""
        sizes = zip(input_shape[1:3], self.kernel_size, self.strides, strict=True)
        same = self.padding == "same"
        spatial = [
            None if size is None else (-(-size // step) if same else (size - kernel) // step + 1)
            for size, kernel, step in sizes
        ]
        return (input_shape[0], *spatial, self.filters)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)
