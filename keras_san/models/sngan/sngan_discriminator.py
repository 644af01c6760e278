"""SNGAN discriminator."""

import functools

import keras

from keras_san.layers.discriminator_block import DiscriminatorBlock
from keras_san.models.conditioning import discriminator_inputs
from keras_san.models.discriminator import Discriminator
from keras_san.models.head import make_head
from keras_san.models.normalizers import make_normalizer
from keras_san.models.residual_tables import check_width, discriminator_trunk, read_table
from keras_san.models.sngan.sngan_tables import DISCRIMINATORS, glorot


@keras.saving.register_keras_serializable(package="keras_san")
class SNGANDiscriminator(Discriminator):
    """The residual discriminator of the spectral normalisation paper.

    Residual blocks halve the image, ReLU and the sum over positions make the features. At 48, 64
    and 128 pixels the sizes are those of the mimicry library.

    Args:
        image_shape: `(height, width, channels)`, square, 32, 48, 64 or 128 pixels wide.
        num_classes: int, 0 for an unconditional discriminator. Defaults to `0`.
        width: int, the unit of the channels: 2 of it at 32 pixels, 1 in the first block of the
            others. Defaults to `64`.
        head: `"san"`, `"san_shared"` (with classes: shared plus class direction), or `"dense"`
            for the ordinary GAN. With classes these are `SANProjection` and `Projection`.
            Defaults to `"san"`.
        conditioning: with classes `"projection"`, or `"concat"` for the label as a further
            channel of the image. Defaults to `"projection"`.
        normalizer: `"spectral"`, `"layer"`, `"batch"`, `"spectral_batch"`, `"instance"` or
            `"none"`.
            Defaults to `"spectral"`.
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
    from keras_san.models import SNGANDiscriminator

    discriminator = SNGANDiscriminator((32, 32, 3), width=4)
    discriminator(np.zeros((2, 32, 32, 3), "float32")).shape  # (2, 1)
    ```

    Reference: Miyato et al., "Spectral Normalization", ICLR 2018, table 4; Miyato and Koyama,
    "cGANs with projection discriminator", ICLR 2018.
    """

    def __init__(
        self,
        image_shape,
        num_classes=0,
        width=64,
        head="san",
        conditioning="projection",
        normalizer="spectral",
        **kwargs,
    ):
        # === Layers ===
        table = read_table(DISCRIMINATORS, image_shape, "SNGAN")
        check_width(width)
        spectral, normalization = make_normalizer(normalizer)
        block = functools.partial(
            DiscriminatorBlock,
            normalization=normalization,
            spectral_normalization=spectral,
            kernel_initializer=glorot(2.0),
            shortcut_initializer=glorot(),
        )

        # === Functional model ===
        inputs, x, head_classes = discriminator_inputs(image_shape, num_classes, conditioning)
        trunk = discriminator_trunk(inputs, x, table, width, block)
        use_bias = table.head_bias or head != "dense"
        super().__init__(
            trunk,
            make_head(head, head_classes, use_bias=use_bias, spectral_normalization=spectral),
            **kwargs,
        )

        # === Config ===
        self.num_classes = num_classes
        self.width = width
        self.head_name = head
        self.conditioning = conditioning
        self.normalizer = normalizer

    def get_config(self):
        """The arguments of the constructor."""
        return {
            "name": self.name,
            "image_shape": self.image_shape,
            "num_classes": self.num_classes,
            "width": self.width,
            "head": self.head_name,
            "conditioning": self.conditioning,
            "normalizer": self.normalizer,
        }
