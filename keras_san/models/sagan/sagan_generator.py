"""SAGAN generator."""

import functools

import keras

from keras_san.layers.batch_normalization import BatchNormalization
from keras_san.layers.class_batch_normalization import ClassBatchNormalization
from keras_san.layers.conv2d import Conv2D
from keras_san.layers.generator_block import GeneratorBlock
from keras_san.layers.self_attention2d import SelfAttention2D
from keras_san.layers.spectral_normalization import SpectralNormalization
from keras_san.models.recipe import Recipe
from keras_san.models.residual_tables import check_width, generator_trunk, read_table
from keras_san.models.sagan.sagan_tables import GENERATORS


@keras.saving.register_keras_serializable(package="keras_san")
class SAGANGenerator(keras.Model):
    """The residual generator of SAGAN: spectral normalisation here too, and self-attention.

    A dense layer makes a 4x4 map, every residual block doubles it, self-attention stands at 32
    pixels. A class-conditional generator, the paper's, has a gain and a bias a class in the
    blocks. 128 pixels are the paper's; 64, with a block less, is our choice.

    Args:
        image_shape: `(height, width, channels)`, square, 64 or 128 pixels wide.
        latent_dim: int. Defaults to `128`.
        num_classes: int, 0 for an unconditional generator. Defaults to `0`.
        width: int, channels of the last block. Defaults to `64`.
        **kwargs: of `keras.Model`.

    Call arguments:
        inputs: latents `(batch, latent_dim)`, or `[latents, labels]` with integers `(batch,)`.

    Returns:
        Images `(batch, height, width, channels)`, float32 in `[-1, 1]`.

    Raises:
        ValueError: if the image shape or the width is none of these.

    Example:
    ```python
    import numpy as np
    from keras_san.models import SAGANGenerator

    generator = SAGANGenerator((64, 64, 3), width=1)
    generator(np.zeros((2, 128), "float32")).shape  # (2, 64, 64, 3)
    ```

    Reference: Zhang et al., "Self-Attention Generative Adversarial Networks", ICML 2019.
    """

    recipe = Recipe(
        loss="hinge",
        generator_learning_rate=1e-4,
        discriminator_learning_rate=4e-4,
        betas=(0.0, 0.9),
        discriminator_steps=1,
        ema_half_life=10_000.0,
        reference="Zhang et al., 2019, section 4, batch 256; the average is our choice",
    )

    def __init__(self, image_shape, latent_dim=128, num_classes=0, width=64, **kwargs):
        # === Layers ===
        table = read_table(GENERATORS, image_shape, "SAGAN")
        check_width(width)
        channels = width * table.channels[0]
        statistics = {"momentum": 0.9, "epsilon": 1e-5}
        dense = SpectralNormalization(keras.layers.Dense(4 * 4 * channels), name="dense")
        if num_classes:
            normalization = ClassBatchNormalization(num_classes, **statistics)
        else:
            normalization = BatchNormalization(**statistics)
        block = functools.partial(
            GeneratorBlock, normalization=normalization, spectral_normalization=True
        )
        to_image = SpectralNormalization(
            Conv2D(image_shape[-1], 3, padding="same"), name="to_image"
        )

        # === Functional model ===
        latents = keras.Input((latent_dim,), name="latents")
        inputs, conditions = latents, None
        if num_classes:
            labels = keras.Input((), dtype="int32", name="labels")
            inputs, conditions = [latents, labels], [labels] * (len(table.channels) - 1)
        x = keras.layers.Reshape((4, 4, channels))(dense(latents))
        x = generator_trunk(x, conditions, table, width, block, SelfAttention2D)
        x = keras.layers.ReLU()(BatchNormalization(**statistics, name="normalization")(x))
        images = keras.layers.Activation("tanh", dtype="float32", name="images")(to_image(x))
        super().__init__(inputs=inputs, outputs=images, **kwargs)

        # === Config ===
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        self.num_classes = num_classes
        self.width = width

    def get_config(self):
        """The arguments of the constructor."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "image_shape": self.image_shape,
            "latent_dim": self.latent_dim,
            "num_classes": self.num_classes,
            "width": self.width,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A generator from what `get_config` gave."""
        return cls(**config)
