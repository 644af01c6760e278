"""The bottleneck block of BigGAN-deep's generator."""

import keras
from keras import ops

from keras_san.layers.residual_block import ResidualBlock, resized, upsampled


@keras.saving.register_keras_serializable(package="keras_san")
class DeepGeneratorBlock(ResidualBlock):
    """Four convolutions through a quarter of the channels, and a shortcut without weights.

    Use it to build deep generators. The shortcut keeps the first `filters` channels of the input
    and drops the rest.

    Formula, `N` the normalisation, `up` nearest upsampling:
    ```
    x = conv1(relu(N(x)))             to a quarter of the channels
    x = conv3(up(relu(N(x))))
    x = conv3(relu(N(x)))
    output = conv1(relu(N(x))) + up(first channels of the input)
    ```

    Args:
        filters: int, channels of the output, at most those of the input.
        normalization: layer whose copies stand before the ReLUs, or None. Defaults to `None`.
        upsample: bool, whether height and width double. Defaults to `False`.
        spectral_normalization: bool, of the convolutions. Defaults to `True`.
        kernel_initializer: of the convolutions. Defaults to `"orthogonal"`.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: tensor `(batch, height, width, channels)`, or `[maps, condition]` with a
            conditional normalisation.
        training: bool.

    Returns:
        Tensor `(batch, height, width, filters)`; height and width doubled with `upsample`.

    Raises:
        ValueError: if `filters` is not positive or more than the input has.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import ConditionalBatchNormalization, DeepGeneratorBlock

    block = DeepGeneratorBlock(4, normalization=ConditionalBatchNormalization(), upsample=True)
    maps, condition = np.ones((2, 4, 4, 8), "float32"), np.ones((2, 5), "float32")
    block([maps, condition]).shape  # (2, 8, 8, 4)
    ```

    Reference: Brock et al., "Large Scale GAN Training", ICLR 2019, figure 16.
    """

    def __init__(
        self,
        filters,
        normalization=None,
        upsample=False,
        spectral_normalization=True,
        kernel_initializer="orthogonal",
        **kwargs,
    ):
        super().__init__(
            filters, normalization, spectral_normalization, kernel_initializer, **kwargs
        )
        self.upsample = upsample

    def build(self, input_shape):
        """Creates `normalization1` to `4` and `convolution1` to `4`."""
        maps, condition = self._split(input_shape)
        if maps[-1] < self.filters:
            raise ValueError(
                "The shortcut of this block drops channels, it cannot add any. Received: "
                f"filters={self.filters}, inputs of {maps[-1]} channels."
            )
        hidden = (*maps[:-1], max(maps[-1] // 4, 1))
        self.normalizations = [
            self._normalization(f"normalization{index}", shape, condition)
            for index, shape in enumerate((maps, hidden, hidden, hidden), start=1)
        ]
        self.convolutions = [
            self._convolution("convolution1", maps, hidden[-1], 1),
            self._convolution("convolution2", hidden, hidden[-1], 3),
            self._convolution("convolution3", hidden, hidden[-1], 3),
            self._convolution("convolution4", hidden, self.filters, 1),
        ]

    def call(self, inputs, training=None):
        """The block's output; see the class."""
        maps, condition = self._split(inputs)
        x = maps
        layers = zip(self.normalizations, self.convolutions, strict=True)
        for index, (normalization, convolution) in enumerate(layers):
            x = ops.relu(self._normalize(normalization, x, condition, training))
            if index == 1:
                x = self._resized(x)
            x = self._convolve(convolution, x, training)
        # Not a slice, whose gradient is slow in bfloat16 on TensorFlow's CPU.
        shortcut, *_ = ops.split(maps, [self.filters], axis=-1)
        return x + self._resized(shortcut)

    def _resized(self, maps):
        return upsampled(maps) if self.upsample else maps

    def compute_output_shape(self, input_shape):
        """Shape of the output."""
        maps, _ = self._split(input_shape)
        return (*resized(maps, upsample=self.upsample)[:-1], self.filters)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {"upsample": self.upsample}
