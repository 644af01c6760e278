"""A small map that gates the channels of a large one."""

import keras
from keras import ops

from keras_san.layers.conv2d import Conv2D
from keras_san.layers.spectral_normalization import SpectralNormalization

GRID = 4


@keras.saving.register_keras_serializable(package="keras_san")
class SkipLayerExcitation(keras.layers.Layer):
    """Weighs the channels of a large map by what a small one shows, as in FastGAN.

    Use it in generators, between maps 16 times apart in size: gradients take the short way to
    the small map, and its content decides over the channels of the large one. Unlike a residual
    connection it joins maps of any two sizes and numbers of channels.

    Formula, `pool` the means of a grid of 4x4, the convolutions without bias:
    ```
    gate = sigmoid(conv1x1(swish(conv4x4(pool(small))))),  output = large * gate
    ```

    Args:
        spectral_normalization: bool, whether the convolutions are spectrally normalised. Defaults
            to `True`.
        kernel_initializer: of the convolutions. Defaults to `"glorot_uniform"`.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: list `[small, large]` of tensors `(batch, height, width, channels)`; height and
            width of the small map are known and multiples of 4.
        training: bool, whether the power iterations move on.

    Returns:
        Tensor of the shape of `large`.

    Raises:
        ValueError: if height or width of the small map are not multiples of 4.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import SkipLayerExcitation

    small, large = np.ones((2, 4, 4, 16), "float32"), np.ones((2, 64, 64, 2), "float32")
    SkipLayerExcitation()([small, large]).shape  # (2, 64, 64, 2)
    ```

    Reference: Liu et al., "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot
    Image Synthesis", ICLR 2021, equation 1.
    """

    def __init__(self, spectral_normalization=True, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.spectral_normalization = spectral_normalization
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        """Creates the convolutions `squeeze` and `gate`."""
        small, large = (tuple(shape) for shape in input_shape)
        if any(size is None or size % GRID for size in small[1:3]):
            raise ValueError(
                f"Height and width of the small map must be multiples of {GRID}. Received: "
                f"input shapes {small} and {large}"
            )
        channels = large[-1]
        self.squeeze = self._convolution(channels, GRID, "squeeze")
        self.squeeze.build((None, GRID, GRID, small[-1]))
        self.gate = self._convolution(channels, 1, "gate")
        self.gate.build((None, 1, 1, channels))

    def _convolution(self, filters, kernel_size, name):
        convolution = Conv2D(
            filters,
            kernel_size,
            use_bias=False,
            kernel_initializer=self.kernel_initializer.clone(),
            dtype=self.dtype_policy,
            name=name,
        )
        if self.spectral_normalization:
            return SpectralNormalization(convolution, name=name)
        return convolution

    def call(self, inputs, training=None):
        """The large map, gated; see the class."""
        small, large = inputs
        switches = {"training": training} if self.spectral_normalization else {}
        hidden = ops.silu(self.squeeze(_grid_means(small), **switches))
        return large * ops.sigmoid(self.gate(hidden, **switches))

    def compute_output_shape(self, input_shape):
        """Shape of the large map."""
        return tuple(input_shape[1])

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "spectral_normalization": self.spectral_normalization,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def _grid_means(maps):
    _, height, width, channels = maps.shape
    if height == width == GRID:
        return maps
    cells = ops.reshape(maps, (-1, GRID, height // GRID, GRID, width // GRID, channels))
    return ops.mean(cells, axis=(2, 4))
