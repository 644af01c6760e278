"""Random projections of feature maps, across channels and scales."""

import random

import keras
import numpy as np
from keras import ops

from keras_san.features.resize import bilinear_corners, resized
from keras_san.layers.conv2d import Conv2D


@keras.saving.register_keras_serializable(package="keras_san")
class RandomMixing(keras.layers.Layer):
    """Mixes the channels of feature maps, and coarse maps into finer ones, by fixed random weights.

    Every map goes through a 1x1 convolution to `width` channels at the finest scale, doubling to
    the coarsest. From the coarsest on, the coarser result is added, a 1x1 convolution halves the
    channels (but at the finest), and the map is enlarged to twice its size. So each output knows
    all coarser scales, and no single channel or scale is left for a discriminator to lean on.

    Args:
        width: int, channels at the finest scale.
        seed: int, or None for one drawn from Keras's global seed.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        maps: list of `(batch, height, width, channels)`, finest first, each half as large as the
            one before.

    Returns:
        List of as many maps, each twice as large as the one that it was made of.

    Reference: Sauer et al., "Projected GANs Converge Faster", NeurIPS 2021, section 3.2.
    """

    def __init__(self, width=64, seed=None, **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.width = width
        self.seed = seed

    def build(self, input_shape):
        """Draws the convolutions of all scales."""
        seed = random.randrange(2**31) if self.seed is None else self.seed
        generator = np.random.default_rng(seed)
        self.channel_mixing, self.scale_mixing, self._matrices = [], [], []
        for scale, shape in enumerate(input_shape):
            mixed = self.width * 2**scale
            halved = mixed // 2 if scale else mixed
            self.channel_mixing.append(self._convolution(shape[-1], mixed, generator))
            self.scale_mixing.append(self._convolution(mixed, halved, generator))
            self._matrices.append(
                [bilinear_corners(size, 2 * size).astype("float32") for size in shape[1:3]]
            )

    def _convolution(self, channels, filters, generator):
        bound = channels**-0.5

        def draw(shape, dtype=None):
            # By NumPy: a seed gives the same projection on every backend.
            return ops.convert_to_tensor(generator.uniform(-bound, bound, shape).astype(dtype))

        convolution = Conv2D(
            filters,
            1,
            kernel_initializer=draw,
            bias_initializer=draw,
            dtype=self.dtype_policy,
            trainable=False,
        )
        convolution.build((None, None, None, channels))
        return convolution

    def call(self, maps):
        """The mixed maps, finest first; see the class."""
        outputs, coarser = [], None
        for scale in reversed(range(len(maps))):
            x = self.channel_mixing[scale](maps[scale])
            x = x if coarser is None else x + coarser
            # Enlarged after the convolution, which commutes with it and has a quarter to do so.
            coarser = resized(self.scale_mixing[scale](x), *self._matrices[scale])
            outputs.append(coarser)
        return outputs[::-1]

    def compute_output_shape(self, input_shape):
        """Shapes of the mixed maps."""
        return [
            (shape[0], 2 * shape[1], 2 * shape[2], self.width * 2 ** max(scale - 1, 0))
            for scale, shape in enumerate(input_shape)
        ]

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {"width": self.width, "seed": self.seed}
