"""BigGAN discriminator."""

import functools

import keras

from keras_san.layers.discriminator_block import DiscriminatorBlock
from keras_san.layers.self_attention2d import SelfAttention2D
from keras_san.models.biggan.biggan_tables import TABLES
from keras_san.models.conditioning import discriminator_inputs
from keras_san.models.discriminator import Discriminator
from keras_san.models.head import make_head
from keras_san.models.residual_tables import check_width, discriminator_trunk, read_table


@keras.saving.register_keras_serializable(package="keras_san")
class BigGANDiscriminator(Discriminator):
    """The discriminator of BigGAN.

    Residual blocks with spectral normalisation halve the image (the first one begins without
    ReLU, the last ones keep the size), self-attention stands at 64 pixels of the larger networks,
    ReLU and the sum over positions make the features.

    Args:
        image_shape: `(height, width, channels)`, square, 32, 128 or 256 pixels wide.
        num_classes: int, 0 for an unconditional discriminator. Defaults to `0`.
        width: int, the unit of the channels, or None for the published 64, 96 or 96. Defaults to
            `None`.
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
    from keras_san.models import BigGANDiscriminator

    discriminator = BigGANDiscriminator((32, 32, 3), num_classes=10, width=2)
    images, labels = np.zeros((2, 32, 32, 3), "float32"), np.array([3, 7])
    discriminator([images, labels]).shape  # (2, 1)
    ```

    Reference: Brock et al., "Large Scale GAN Training for High Fidelity Natural Image Synthesis",
    ICLR 2019, appendix B; at 32 pixels the CIFAR script of the authors' PyTorch code.
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
        table = read_table(TABLES, image_shape, "BigGAN")
        width = width or table.width
        check_width(width)
        initializer = table.initializer()
        block = functools.partial(DiscriminatorBlock, kernel_initializer=initializer)
        attention = functools.partial(SelfAttention2D, kernel_initializer=initializer)

        # === Functional model ===
        inputs, x, head_classes = discriminator_inputs(image_shape, num_classes, conditioning)
        trunk = discriminator_trunk(inputs, x, table.discriminator, width, block, attention)
        # A projection head draws its rows itself: their scale matters to it, not to the trunk.
        head_initializer = None if head_classes else table.initializer()
        super().__init__(
            trunk,
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
