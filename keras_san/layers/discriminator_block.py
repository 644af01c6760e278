"""The residual block of the discriminators of SNGAN, SAGAN and BigGAN."""

import keras
from keras import ops

from keras_san.layers.residual_block import ResidualBlock, downsampled, resized


@keras.saving.register_keras_serializable(package="keras_san")
class DiscriminatorBlock(ResidualBlock):
    """Two 3x3 convolutions behind ReLUs, and a shortcut.

    Use it to build discriminators. The first block of one has no ReLU in front of the image:
    `preactivation=False`. The shortcut is a 1x1 convolution where the block changes size or
    channels.

    Formula, `down` the mean of 2x2:
    ```
    output = down(conv3(relu(conv3(relu(x))))) + down(conv1(x))
    ```

    Args:
        filters: int, channels of the output.
        normalization: layer whose copies stand before the ReLUs, or None. Defaults to `None`.
        downsample: bool, whether height and width are halved. Defaults to `True`.
        preactivation: bool, whether the block begins with normalisation and ReLU. Defaults to
            `True`.
        hidden_filters: int, channels between the convolutions, or None for `filters`. Defaults to
            `None`.
        spectral_normalization: bool, of the convolutions. Defaults to `True`.
        kernel_initializer: of the 3x3 convolutions. Defaults to `"glorot_uniform"`.
        shortcut_initializer: of the 1x1 convolution, or None for `kernel_initializer`. Defaults
            to `None`.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: tensor `(batch, height, width, channels)`.
        training: bool.

    Returns:
        Tensor `(batch, height / 2, width / 2, filters)`; height and width as they are without
        `downsample`.

    Raises:
        ValueError: if `filters` is not positive.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import DiscriminatorBlock

    DiscriminatorBlock(8)(np.ones((2, 8, 8, 4), "float32")).shape  # (2, 4, 4, 8)
    ```

    Reference: Miyato et al., "Spectral Normalization", ICLR 2018, figure 8; Brock et al., "Large
    Scale GAN Training", ICLR 2019, figure 15.
    """

    def __init__(
        self,
        filters,
        normalization=None,
        downsample=True,
        preactivation=True,
        hidden_filters=None,
        spectral_normalization=True,
        kernel_initializer="glorot_uniform",
        shortcut_initializer=None,
        **kwargs,
    ):
        super().__init__(
            filters, normalization, spectral_normalization, kernel_initializer, **kwargs
        )
        self.downsample = downsample
        self.preactivation = preactivation
        self.hidden_filters = hidden_filters
        self.shortcut_initializer = keras.initializers.get(shortcut_initializer)

    def build(self, input_shape):
        """Creates `convolution1`, `convolution2`, `shortcut`, and normalisations if asked for."""
        filters = self.hidden_filters or self.filters
        hidden = (*input_shape[:-1], filters)
        self.normalization1 = None
        if self.preactivation:
            self.normalization1 = self._normalization("normalization1", input_shape)
        self.convolution1 = self._convolution("convolution1", input_shape, filters, 3)
        self.normalization2 = self._normalization("normalization2", hidden)
        self.convolution2 = self._convolution("convolution2", hidden, self.filters, 3)
        self.shortcut = None
        if self.downsample or input_shape[-1] != self.filters:
            self.shortcut = self._convolution(
                "shortcut", input_shape, self.filters, 1, self.shortcut_initializer
            )

    def call(self, inputs, training=None):
        """The block's output; see the class."""
        x = inputs
        if self.preactivation:
            x = ops.relu(self._normalize(self.normalization1, x, None, training))
        x = self._convolve(self.convolution1, x, training)
        x = ops.relu(self._normalize(self.normalization2, x, None, training))
        x = self._resized(self._convolve(self.convolution2, x, training))
        if self.shortcut is None:
            return x + inputs
        # A 1x1 convolution gives the same before the pooling and costs four times as much there.
        return x + self._convolve(self.shortcut, self._resized(inputs), training)

    def _resized(self, maps):
        return downsampled(maps) if self.downsample else maps

    def compute_output_shape(self, input_shape):
        """Shape of the output."""
        return (*resized(input_shape, downsample=self.downsample)[:-1], self.filters)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "downsample": self.downsample,
            "preactivation": self.preactivation,
            "hidden_filters": self.hidden_filters,
            "shortcut_initializer": self.shortcut_initializer
            and keras.initializers.serialize(self.shortcut_initializer),
        }
