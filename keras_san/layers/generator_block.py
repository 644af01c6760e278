"""The residual block of the generators of SNGAN, SAGAN and BigGAN."""

import keras
from keras import ops

from keras_san.layers.residual_block import (
    ResidualBlock,
    check_interpolation,
    resized,
    upsampled,
)


@keras.saving.register_keras_serializable(package="keras_san")
class GeneratorBlock(ResidualBlock):
    """Two 3x3 convolutions behind normalisation and ReLU, and a shortcut.

    Use it to build generators: SNGAN's takes a `BatchNormalization`, its class-conditional form a
    `ClassBatchNormalization`, BigGAN's a `ConditionalBatchNormalization`. The shortcut is a 1x1
    convolution where the block changes size or channels.

    Formula, `N` the normalisation, `up` the upsampling:
    ```
    output = conv3(relu(N(conv3(up(relu(N(x))))))) + conv1(up(x))
    ```

    Args:
        filters: int, channels of the output.
        normalization: layer whose copies stand before the ReLUs, or None. Defaults to `None`.
        upsample: bool, whether height and width double. Defaults to `True`.
        interpolation: `"nearest"`, as the papers' authors have it, or `"bilinear"`, as some
            re-implementations do. Defaults to `"nearest"`.
        spectral_normalization: bool, of the convolutions. Defaults to `False`.
        kernel_initializer: of the 3x3 convolutions. Defaults to `"glorot_uniform"`.
        shortcut_initializer: of the 1x1 convolution, or None for `kernel_initializer`. Defaults
            to `None`.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: tensor `(batch, height, width, channels)`, or `[maps, condition]` with a
            conditional normalisation.
        training: bool.

    Returns:
        Tensor `(batch, 2 * height, 2 * width, filters)`; height and width as they are without
        `upsample`.

    Raises:
        ValueError: if `filters` is not positive or the interpolation unknown.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import BatchNormalization, GeneratorBlock

    block = GeneratorBlock(4, normalization=BatchNormalization())
    block(np.ones((2, 4, 4, 8), "float32")).shape  # (2, 8, 8, 4)
    ```

    Reference: Miyato et al., "Spectral Normalization", ICLR 2018, figure 8; Brock et al., "Large
    Scale GAN Training", ICLR 2019, figure 15.
    """

    def __init__(
        self,
        filters,
        normalization=None,
        upsample=True,
        interpolation="nearest",
        spectral_normalization=False,
        kernel_initializer="glorot_uniform",
        shortcut_initializer=None,
        **kwargs,
    ):
        super().__init__(
            filters, normalization, spectral_normalization, kernel_initializer, **kwargs
        )
        check_interpolation(interpolation)
        self.upsample = upsample
        self.interpolation = interpolation
        self.shortcut_initializer = keras.initializers.get(shortcut_initializer)

    def build(self, input_shape):
        """Creates `normalization1`, `convolution1` and their like, and `shortcut`."""
        maps, condition = self._split(input_shape)
        hidden = (*maps[:-1], self.filters)
        self.normalization1 = self._normalization("normalization1", maps, condition)
        self.convolution1 = self._convolution("convolution1", maps, self.filters, 3)
        self.normalization2 = self._normalization("normalization2", hidden, condition)
        self.convolution2 = self._convolution("convolution2", hidden, self.filters, 3)
        self.shortcut = None
        if self.upsample or maps[-1] != self.filters:
            self.shortcut = self._convolution(
                "shortcut", maps, self.filters, 1, self.shortcut_initializer
            )

    def call(self, inputs, training=None):
        """The block's output; see the class."""
        maps, condition = self._split(inputs)
        x = ops.relu(self._normalize(self.normalization1, maps, condition, training))
        x = self._convolve(self.convolution1, self._resized(x), training)
        x = ops.relu(self._normalize(self.normalization2, x, condition, training))
        x = self._convolve(self.convolution2, x, training)
        if self.shortcut is None:
            return x + maps
        # A 1x1 convolution gives the same after the upsampling and costs four times as much there.
        return x + self._resized(self._convolve(self.shortcut, maps, training))

    def _resized(self, maps):
        return upsampled(maps, self.interpolation) if self.upsample else maps

    def compute_output_shape(self, input_shape):
        """Shape of the output."""
        maps, _ = self._split(input_shape)
        return (*resized(maps, upsample=self.upsample)[:-1], self.filters)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "upsample": self.upsample,
            "interpolation": self.interpolation,
            "shortcut_initializer": self.shortcut_initializer
            and keras.initializers.serialize(self.shortcut_initializer),
        }
