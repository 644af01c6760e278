"""BigGAN-deep discriminator."""

import keras

from keras_san.layers.conv2d import Conv2D
from keras_san.layers.deep_discriminator_block import DeepDiscriminatorBlock
from keras_san.layers.global_sum_pooling2d import GlobalSumPooling2D
from keras_san.layers.self_attention2d import SelfAttention2D
from keras_san.layers.spectral_normalization import SpectralNormalization
from keras_san.models.biggan_deep.biggan_deep_tables import DISCRIMINATORS, WIDTHS, apply_blocks
from keras_san.models.conditioning import discriminator_inputs
from keras_san.models.discriminator import Discriminator
from keras_san.models.head import make_head
from keras_san.models.residual_tables import check_width, read_table


@keras.saving.register_keras_serializable(package="keras_san")
class BigGANDeepDiscriminator(Discriminator):
    """The discriminator of BigGAN-deep.

    A convolution, then blocks of four convolutions with a bottleneck in pairs, of which the first
    halves the map, ReLU and the sum over positions. 128, 256 and 512 pixels are the paper's; 32
    and 64 are our choice of the same blocks.

    Args:
        image_shape: `(height, width, channels)`, square, 32, 64, 128, 256 or 512 pixels wide.
        num_classes: int, 0 for an unconditional discriminator. Defaults to `0`.
        width: int, the unit of the channels, or None for the published 128 (64 at 32 and 64
            pixels). Defaults to `None`.
        head: `"san"`, `"san_shared"` (with classes: shared plus class direction), or `"dense"`
            for the ordinary GAN. Defaults to `"san"`.
        conditioning: with classes `"projection"`, or `"concat"` for the label as a further
            channel of the image. Defaults to `"projection"`.
        **kwargs: of `keras.Model`.

    Call arguments:
        inputs: images `(batch, height, width, channels)` in `[-1, 1]`, or `[images, labels]`.
        direction_pair: bool, whether to return `(fun, dir)`; with the SAN head only.

    Returns:
        Scores `(batch, 1)`, float32 with the SAN head, or the pair.

    Raises:
        ValueError: if an argument is none of these.

    Example:
    ```python
    import numpy as np
    from keras_san.models import BigGANDeepDiscriminator

    discriminator = BigGANDeepDiscriminator((32, 32, 3), num_classes=10, width=1)
    images, labels = np.zeros((2, 32, 32, 3), "float32"), np.array([3, 7])
    discriminator([images, labels]).shape  # (2, 1)
    ```

    Reference: Brock et al., "Large Scale GAN Training for High Fidelity Natural Image Synthesis",
    ICLR 2019, appendix B, tables 7 to 9.
    """

    def __init__(
        self,
        image_shape,
        num_classes=0,
        width=None,
        head="san",
        conditioning="projection",
        **kwargs,
    ):
        # === Layers ===
        table = read_table(DISCRIMINATORS, image_shape, "BigGAN-deep")
        width = width or WIDTHS[image_shape[0]]
        check_width(width)
        from_image = SpectralNormalization(
            Conv2D(width * table[0][0], 3, padding="same", kernel_initializer="orthogonal"),
            name="from_image",
        )
        attention = SelfAttention2D(kernel_initializer="orthogonal", name="attention")

        def block(maps, channels, downsample, name):
            return DeepDiscriminatorBlock(width * channels, downsample=downsample, name=name)(maps)

        # === Functional model ===
        inputs, x, head_classes = discriminator_inputs(image_shape, num_classes, conditioning)
        x = apply_blocks(from_image(x), table, block, attention)
        x = GlobalSumPooling2D(name="features")(keras.layers.ReLU(name="relu")(x))
        # A projection head draws its rows itself: their scale matters to it, not to the trunk.
        head_initializer = None if head_classes else keras.initializers.Orthogonal()
        super().__init__(
            keras.Model(inputs, x, name="trunk"),
            make_head(head, head_classes, head_initializer, spectral_normalization=True),
            **kwargs,
        )

        # === Config ===
        self.num_classes = num_classes
        self.width = width
        self.head_name = head
        self.conditioning = conditioning

    def get_config(self):
        """The arguments of the constructor."""
        return {
            "name": self.name,
            "image_shape": self.image_shape,
            "num_classes": self.num_classes,
            "width": self.width,
            "head": self.head_name,
            "conditioning": self.conditioning,
        }
