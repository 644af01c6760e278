"""BigGAN generator."""

import keras

from keras_san.layers.batch_normalization import BatchNormalization
from keras_san.layers.class_batch_normalization import ClassBatchNormalization
from keras_san.layers.conditional_batch_normalization import ConditionalBatchNormalization
from keras_san.layers.conv2d import Conv2D
from keras_san.layers.generator_block import GeneratorBlock
from keras_san.layers.self_attention2d import SelfAttention2D
from keras_san.layers.spectral_normalization import SpectralNormalization
from keras_san.models.biggan.biggan_tables import TABLES
from keras_san.models.recipe import Recipe
from keras_san.models.residual_tables import check_width, generator_trunk, read_table


@keras.saving.register_keras_serializable(package="keras_san")
class BigGANGenerator(keras.Model):
    """The generator of BigGAN.

    At 128 and 256 pixels the latents come in chunks of one length, one for the first dense layer
    and one for each block, where it is joined with a class embedding that all blocks share and
    makes the gains and biases of the batch normalisation; what the division leaves over goes to
    the dense layer. Self-attention stands at 64 pixels. At 32 pixels (CIFAR) all latents go to
    the dense layer, and each block has its table of gains and biases.

    The paper is class-conditional throughout. Without classes the chunks alone modulate the
    blocks, which is our choice.

    Args:
        image_shape: `(height, width, channels)`, square, 32, 128 or 256 pixels wide.
        latent_dim: int, or None for the published 128, 120 or 140. Defaults to `None`.
        num_classes: int, 0 for an unconditional generator. Defaults to `0`.
        width: int, the unit of the channels, or None for the published 64, 96 or 96. Defaults to
            `None`.
        shared_dim: int, length of the class embedding, 0 for tables in the blocks and no chunks,
            or None for the published 0, 128 or 128. Defaults to `None`.
        normalization_epsilon: float, of the batch normalisation. Defaults to `1e-5`.
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
    from keras_san.models import BigGANGenerator

    generator = BigGANGenerator((32, 32, 3), num_classes=10, width=2)
    generator([np.zeros((2, 128), "float32"), np.array([3, 7])]).shape  # (2, 32, 32, 3)
    ```

    Reference: Brock et al., "Large Scale GAN Training for High Fidelity Natural Image Synthesis",
    ICLR 2019, appendix B; at 32 pixels the CIFAR script of the authors' PyTorch code.
    """

    recipe = Recipe(
        loss="hinge",
        generator_learning_rate=5e-5,
        discriminator_learning_rate=2e-4,
        betas=(0.0, 0.999),
        discriminator_steps=2,
        ema_decay=0.9999,
        ema_start=20_000,
        penalties=("orthogonal:1e-4",),
        reference="Brock et al., 2019, appendix C, batch 2048",
    )
    cifar_recipe = Recipe(
        loss="hinge",
        generator_learning_rate=2e-4,
        discriminator_learning_rate=2e-4,
        betas=(0.0, 0.999),
        discriminator_steps=4,
        ema_decay=0.9999,
        ema_start=1000,
        reference="the CIFAR script of the authors' PyTorch code, batch 50",
    )

    def __init__(
        self,
        image_shape,
        latent_dim=None,
        num_classes=0,
        width=None,
        shared_dim=None,
        normalization_epsilon=1e-5,
        **kwargs,
    ):
        # === Layers ===
        table = read_table(TABLES, image_shape, "BigGAN")
        latent_dim = latent_dim or table.latent_dim
        width = width or table.width
        shared_dim = table.shared_dim if shared_dim is None else shared_dim
        check_width(width)
        channels = width * table.generator.channels[0]
        statistics = {"momentum": 0.9, "epsilon": normalization_epsilon}
        initializer = table.initializer
        dense = SpectralNormalization(
            keras.layers.Dense(4 * 4 * channels, kernel_initializer=initializer()), name="dense"
        )
        to_image = SpectralNormalization(
            Conv2D(image_shape[-1], 3, padding="same", kernel_initializer=initializer()),
            name="to_image",
        )

        # === Functional model ===
        latents = keras.Input((latent_dim,), name="latents")
        labels = keras.Input((), dtype="int32", name="labels") if num_classes else None
        first, conditions = latents, None
        if shared_dim:
            embedding = None
            if num_classes:
                embedding = keras.layers.Embedding(
                    num_classes, shared_dim, initializer(), name="class_embedding"
                )(labels)
            blocks = len(table.generator.channels) - 1
            first, conditions = chunks_and_conditions(latents, embedding, blocks)
        elif num_classes:
            conditions = [labels] * (len(table.generator.channels) - 1)
        normalization = _normalization(num_classes, shared_dim, conditions, initializer, statistics)

        def block(filters, name):
            return GeneratorBlock(
                filters,
                normalization,
                spectral_normalization=True,
                kernel_initializer=initializer(),
                name=name,
            )

        def attention(name):
            return SelfAttention2D(kernel_initializer=initializer(), name=name)

        x = keras.layers.Reshape((4, 4, channels))(dense(first))
        x = generator_trunk(x, conditions, table.generator, width, block, attention)
        x = keras.layers.ReLU()(BatchNormalization(**statistics, name="normalization")(x))
        images = keras.layers.Activation("tanh", dtype="float32", name="images")(to_image(x))
        inputs = [latents, labels] if num_classes else latents
        super().__init__(inputs=inputs, outputs=images, **kwargs)

        # === Config ===
        self.recipe = self.cifar_recipe if image_shape[0] == 32 else self.recipe
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        self.num_classes = num_classes
        self.width = width
        self.shared_dim = shared_dim
        self.normalization_epsilon = normalization_epsilon

    def get_config(self):
        """The arguments of the constructor."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "image_shape": self.image_shape,
            "latent_dim": self.latent_dim,
            "num_classes": self.num_classes,
            "width": self.width,
            "shared_dim": self.shared_dim,
            "normalization_epsilon": self.normalization_epsilon,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A generator from what `get_config` gave."""
        return cls(**config)


def chunks_and_conditions(latents, embedding, blocks):
    """The latents of the dense layer, and the conditions of the blocks, None if there are none."""
    chunk = latents.shape[-1] // (blocks + 1)
    if not chunk:
        return latents, None if embedding is None else [embedding] * blocks
    first = latents.shape[-1] - blocks * chunk
    starts = range(first, latents.shape[-1], chunk)
    chunks = [latents[:, start : start + chunk] for start in starts]
    if embedding is not None:
        chunks = [keras.layers.Concatenate()([embedding, part]) for part in chunks]
    return latents[:, :first], chunks


def _normalization(num_classes, shared_dim, conditions, initializer, statistics):
    """The normalisation that fits the blocks' conditions."""
    if conditions is None:
        return BatchNormalization(**statistics)
    if num_classes and not shared_dim:
        return ClassBatchNormalization(num_classes, **statistics)
    return ConditionalBatchNormalization(
        spectral_normalization=True, kernel_initializer=initializer(), **statistics
    )
