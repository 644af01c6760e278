"""SNGAN generator."""

import keras

from keras_san.layers.batch_normalization import BatchNormalization
from keras_san.layers.class_batch_normalization import ClassBatchNormalization
from keras_san.layers.conv2d import Conv2D
from keras_san.layers.generator_block import GeneratorBlock
from keras_san.models.recipe import Recipe
from keras_san.models.residual_tables import check_width, generator_trunk, read_table
from keras_san.models.sngan.sngan_tables import GENERATORS, glorot


@keras.saving.register_keras_serializable(package="keras_san")
class SNGANGenerator(keras.Model):
    """The residual generator of the spectral normalisation paper.

    A dense layer makes the first map, every residual block doubles it; batch normalisation, ReLU,
    a 3x3 convolution and tanh make the image. At 48, 64 and 128 pixels the sizes are those of the
    mimicry library. A class-conditional generator has a gain and a bias a class in the blocks, as
    the paper of the projection discriminator.

    Args:
        image_shape: `(height, width, channels)`, square, 32, 48, 64 or 128 pixels wide.
        latent_dim: int. Defaults to `128`.
        num_classes: int, 0 for an unconditional generator. Defaults to `0`.
        width: int, the unit of the channels: 4 of it at 32 pixels, 1 in the last block of the
            others. Defaults to `64`.
        interpolation: `"nearest"`, as the authors have it, or `"bilinear"`, as mimicry has it.
            Defaults to `"nearest"`.
        **kwargs: of `keras.Model`.

    Call arguments:
        inputs: latents `(batch, latent_dim)`, or `[latents, labels]` with integers `(batch,)`.

    Returns:
        Images `(batch, height, width, channels)`, float32 in `[-1, 1]`.

    Raises:
        ValueError: if the image shape, the width or the interpolation is none of these.

    Example:
    ```python
    import numpy as np
    from keras_san.models import SNGANGenerator

    generator = SNGANGenerator((32, 32, 3), width=4)
    generator(np.zeros((2, 128), "float32")).shape  # (2, 32, 32, 3)
    ```

    Reference: Miyato et al., "Spectral Normalization", ICLR 2018, table 4; Miyato and Koyama,
    "cGANs with projection discriminator", ICLR 2018.
    """

    recipe = Recipe(
        loss="hinge",
        generator_learning_rate=2e-4,
        discriminator_learning_rate=2e-4,
        betas=(0.0, 0.9),
        discriminator_steps=5,
        ema_half_life=10_000.0,
        reference="Miyato et al., 2018, their linear decay of the rate left out; the average is "
        "our choice",
    )

    def __init__(
        self,
        image_shape,
        latent_dim=128,
        num_classes=0,
        width=64,
        interpolation="nearest",
        **kwargs,
    ):
        # === Layers ===
        table = read_table(GENERATORS, image_shape, "SNGAN")
        check_width(width)
        size, channels = table.map_size, width * table.channels[0]
        statistics = {"momentum": 0.9, "epsilon": 1e-5}
        dense = keras.layers.Dense(
            size * size * channels, kernel_initializer=glorot(), name="dense"
        )
        if num_classes:
            normalization = ClassBatchNormalization(num_classes, **statistics)
        else:
            normalization = BatchNormalization(**statistics)
        to_image = Conv2D(
            image_shape[-1], 3, padding="same", kernel_initializer=glorot(), name="to_image"
        )

        def block(filters, name):
            return GeneratorBlock(
                filters,
                normalization,
                interpolation=interpolation,
                kernel_initializer=glorot(2.0),
                shortcut_initializer=glorot(),
                name=name,
            )

        # === Functional model ===
        latents = keras.Input((latent_dim,), name="latents")
        inputs, conditions = latents, None
        if num_classes:
            labels = keras.Input((), dtype="int32", name="labels")
            inputs, conditions = [latents, labels], [labels] * (len(table.channels) - 1)
        x = keras.layers.Reshape((size, size, channels))(dense(latents))
        x = generator_trunk(x, conditions, table, width, block)
        x = keras.layers.ReLU()(BatchNormalization(**statistics, name="normalization")(x))
        images = keras.layers.Activation("tanh", dtype="float32", name="images")(to_image(x))
        super().__init__(inputs=inputs, outputs=images, **kwargs)

        # === Config ===
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        self.num_classes = num_classes
        self.width = width
        self.interpolation = interpolation

    def get_config(self):
        """The arguments of the constructor."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "image_shape": self.image_shape,
            "latent_dim": self.latent_dim,
            "num_classes": self.num_classes,
            "width": self.width,
            "interpolation": self.interpolation,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A generator from what `get_config` gave."""
        return cls(**config)
