"""BigGAN-deep generator."""

import keras

from keras_san.layers.batch_normalization import BatchNormalization
from keras_san.layers.conditional_batch_normalization import ConditionalBatchNormalization
from keras_san.layers.conv2d import Conv2D
from keras_san.layers.deep_generator_block import DeepGeneratorBlock
from keras_san.layers.self_attention2d import SelfAttention2D
from keras_san.layers.spectral_normalization import SpectralNormalization
from keras_san.models.biggan.biggan_generator import BigGANGenerator
from keras_san.models.biggan_deep.biggan_deep_tables import GENERATORS, WIDTHS, apply_blocks
from keras_san.models.residual_tables import check_width, read_table


@keras.saving.register_keras_serializable(package="keras_san")
class BigGANDeepGenerator(keras.Model):
    """The generator of BigGAN-deep.

    The class embedding and all latents, joined, make the first map and, in every batch
    normalisation, gain and bias. Blocks of four convolutions with a bottleneck come in pairs, of
    which the second doubles the map. 128, 256 and 512 pixels are the paper's; 32 and 64 are our
    choice of the same blocks. Without classes the condition is the latents alone, which is our
    choice too.

    Args:
        image_shape: `(height, width, channels)`, square, 32, 64, 128, 256 or 512 pixels wide.
        latent_dim: int. Defaults to `128`.
        num_classes: int, 0 for an unconditional generator. Defaults to `0`.
        width: int, the unit of the channels, or None for the published 128 (64 at 32 and 64
            pixels). Defaults to `None`.
        shared_dim: int, length of the class embedding. Defaults to `128`.
        normalization_epsilon: float, of the batch normalisation. Defaults to `1e-5`.
        last_channels: int, how many channels the last convolution makes, of which the first make
            the image, or None for those of the image. The released generators have 128. Defaults
            to `None`.
        **kwargs: of `keras.Model`.

    Call arguments:
        inputs: latents `(batch, latent_dim)`, or `[latents, labels]` with integers `(batch,)`.

    Returns:
        Images `(batch, height, width, channels)`, float32 in `[-1, 1]`.

    Raises:
        ValueError: if the image shape, the width or the last channels are none of these.

    Example:
    ```python
    import numpy as np
    from keras_san.models import BigGANDeepGenerator

    generator = BigGANDeepGenerator((32, 32, 3), num_classes=10, width=1)
    generator([np.zeros((2, 128), "float32"), np.array([3, 7])]).shape  # (2, 32, 32, 3)
    ```

    Reference: Brock et al., "Large Scale GAN Training for High Fidelity Natural Image Synthesis",
    ICLR 2019, appendix B, tables 7 to 9.
    """

    recipe = BigGANGenerator.recipe

    def __init__(
        self,
        image_shape,
        latent_dim=128,
        num_classes=0,
        width=None,
        shared_dim=128,
        normalization_epsilon=1e-5,
        last_channels=None,
        **kwargs,
    ):
        # === Layers ===
        table = read_table(GENERATORS, image_shape, "BigGAN-deep")
        width = width or WIDTHS[image_shape[0]]
        check_width(width)
        if last_channels is not None and last_channels < image_shape[-1]:
            raise ValueError(
                f"`last_channels` must be at least the {image_shape[-1]} of the image. "
                f"Received: last_channels={last_channels!r}"
            )
        channels = width * table[0][0]
        statistics = {"momentum": 0.9, "epsilon": normalization_epsilon}
        dense = SpectralNormalization(
            keras.layers.Dense(4 * 4 * channels, kernel_initializer="orthogonal"), name="dense"
        )
        normalization = ConditionalBatchNormalization(
            spectral_normalization=True, kernel_initializer="orthogonal", **statistics
        )
        to_image = SpectralNormalization(
            Conv2D(
                last_channels or image_shape[-1],
                3,
                padding="same",
                kernel_initializer="orthogonal",
            ),
            name="to_image",
        )

        # === Functional model ===
        latents = keras.Input((latent_dim,), name="latents")
        inputs, condition = latents, latents
        if num_classes:
            labels = keras.Input((), dtype="int32", name="labels")
            embedding = keras.layers.Embedding(
                num_classes, shared_dim, "orthogonal", name="class_embedding"
            )
            inputs = [latents, labels]
            condition = keras.layers.Concatenate(name="condition")([embedding(labels), latents])

        def block(maps, channels, upsample, name):
            layer = DeepGeneratorBlock(width * channels, normalization, upsample, name=name)
            return layer([maps, condition])

        attention = SelfAttention2D(kernel_initializer="orthogonal", name="attention")
        x = keras.layers.Reshape((4, 4, channels))(dense(condition))
        x = apply_blocks(x, table, block, attention)
        x = keras.layers.ReLU()(BatchNormalization(**statistics, name="normalization")(x))
        x = to_image(x)[..., : image_shape[-1]] if last_channels else to_image(x)
        images = keras.layers.Activation("tanh", dtype="float32", name="images")(x)
        super().__init__(inputs=inputs, outputs=images, **kwargs)

        # === Config ===
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        self.num_classes = num_classes
        self.width = width
        self.shared_dim = shared_dim
        self.normalization_epsilon = normalization_epsilon
        self.last_channels = last_channels

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
            "last_channels": self.last_channels,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A generator from what `get_config` gave."""
        return cls(**config)
