"""SAGAN discriminator."""

import keras

from keras_san.layers.discriminator_block import DiscriminatorBlock
from keras_san.layers.self_attention2d import SelfAttention2D
from keras_san.models.conditioning import discriminator_inputs
from keras_san.models.discriminator import Discriminator
from keras_san.models.head import make_head
from keras_san.models.residual_tables import check_width, discriminator_trunk, read_table
from keras_san.models.sagan.sagan_tables import DISCRIMINATORS


@keras.saving.register_keras_serializable(package="keras_san")
class SAGANDiscriminator(Discriminator):
    """The residual discriminator of SAGAN: SNGAN's with self-attention at 32 pixels.

    Args:
        image_shape: `(height, width, channels)`, square, 64 or 128 pixels wide.
        num_classes: int, 0 for an unconditional discriminator. Defaults to `0`.
        width: int, channels of the first block. Defaults to `64`.
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
    from keras_san.models import SAGANDiscriminator

    discriminator = SAGANDiscriminator((64, 64, 3), width=1)
    discriminator(np.zeros((2, 64, 64, 3), "float32")).shape  # (2, 1)
    ```

    Reference: Zhang et al., "Self-Attention Generative Adversarial Networks", ICML 2019.
    """

    def __init__(
        self,
        image_shape,
        num_classes=0,
        width=64,
        head="san",
        conditioning="projection",
        **kwargs,
    ):
        # === Layers ===
        table = read_table(DISCRIMINATORS, image_shape, "SAGAN")
        check_width(width)

        # === Functional model ===
        inputs, x, head_classes = discriminator_inputs(image_shape, num_classes, conditioning)
        trunk = discriminator_trunk(inputs, x, table, width, DiscriminatorBlock, SelfAttention2D)
        super().__init__(
            trunk, make_head(head, head_classes, spectral_normalization=True), **kwargs
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
