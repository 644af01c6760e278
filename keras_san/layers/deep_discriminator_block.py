"""The bottleneck block of BigGAN-deep's discriminator."""

import keras
from keras import ops

from keras_san.layers.residual_block import ResidualBlock, downsampled, resized


@keras.saving.register_keras_serializable(package="keras_san")
class DeepDiscriminatorBlock(ResidualBlock):
    """Four convolutions through a quarter of the output's channels, and a shortcut.

    Use it to build deep discriminators. The shortcut is the input, with a 1x1 convolution beside
    it for the channels that are missing.

    Formula, `down` the mean of 2x2:
    ```
    x = conv1(relu(x))                to a quarter of `filters`
    x = conv3(relu(conv3(relu(x))))
    output = conv1(down(relu(x))) + [down(input), conv1(down(input))]
    ```

    Args:
        filters: int, channels of the output, at least those of the input.
        normalization: layer whose copies stand before the ReLUs, or None. Defaults to `None`.
        downsample: bool, whether height and width are halved. Defaults to `False`.
        spectral_normalization: bool, of the convolutions. Defaults to `True`.
        kernel_initializer: of the convolutions. Defaults to `"orthogonal"`.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: tensor `(batch, height, width, channels)`.
        training: bool.

    Returns:
        Tensor `(batch, height, width, filters)`; height and width halved with `downsample`.

    Raises:
        ValueError: if `filters` is not positive or less than the input has.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import DeepDiscriminatorBlock

    block = DeepDiscriminatorBlock(8, downsample=True)
    block(np.ones((2, 8, 8, 4), "float32")).shape  # (2, 4, 4, 8)
    ```

    Reference: Brock et al., "Large Scale GAN Training", ICLR 2019, figure 16.
    """

    def __init__(
        self,
        filters,
        normalization=None,
        downsample=False,
        spectral_normalization=True,
        kernel_initializer="orthogonal",
        **kwargs,
    ):
        super().__init__(
            filters, normalization, spectral_normalization, kernel_initializer, **kwargs
        )
        self.downsample = downsample

    def build(self, input_shape):
        """Creates `convolution1` to `4`, `shortcut`, and normalisations if asked for."""
        missing = self.filters - input_shape[-1]
        if missing < 0:
            raise ValueError(
                "The shortcut of this block adds channels, it cannot drop any. Received: "
                f"filters={self.filters}, inputs of {input_shape[-1]} channels."
            )
        hidden = (*input_shape[:-1], max(self.filters // 4, 1))
        self.normalizations = [
            self._normalization(f"normalization{index}", shape)
            for index, shape in enumerate((input_shape, hidden, hidden, hidden), start=1)
        ]
        self.convolutions = [
            self._convolution("convolution1", input_shape, hidden[-1], 1),
            self._convolution("convolution2", hidden, hidden[-1], 3),
            self._convolution("convolution3", hidden, hidden[-1], 3),
            self._convolution("convolution4", hidden, self.filters, 1),
        ]
        self.shortcut = None
        if missing:
            self.shortcut = self._convolution("shortcut", input_shape, missing, 1)

    def call(self, inputs, training=None):
        """The block's output; see the class."""
        x = inputs
        layers = zip(self.normalizations, self.convolutions, strict=True)
        for index, (normalization, convolution) in enumerate(layers):
            x = ops.relu(self._normalize(normalization, x, None, training))
            if index == 3:
                x = self._resized(x)
            x = self._convolve(convolution, x, training)
        shortcut = self._resized(inputs)
        if self.shortcut is not None:
            added = self._convolve(self.shortcut, shortcut, training)
            shortcut = ops.concatenate([shortcut, added], axis=-1)
        return x + shortcut

    def _resized(self, maps):
        return downsampled(maps) if self.downsample else maps

    def compute_output_shape(self, input_shape):
        """Shape of the output."""
        return (*resized(input_shape, downsample=self.downsample)[:-1], self.filters)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {"downsample": self.downsample}
