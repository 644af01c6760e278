"""DCGAN generator."""

import keras

from keras_san.layers.batch_normalization import BatchNormalization
from keras_san.layers.conv2d import Conv2D
from keras_san.layers.conv2d_transpose import Conv2DTranspose
from keras_san.models.dcgan.dcgan_widths import level_widths
from keras_san.models.recipe import Recipe


@keras.saving.register_keras_serializable(package="keras_san")
class DCGANGenerator(keras.Model):
    """Convolutional generator, the "standard CNN" of the spectral normalisation paper.

    A dense layer makes a 4x4 map, then every transposed convolution (kernel 4, stride 2, batch
    normalisation, ReLU) doubles it; a 3x3 convolution and tanh make the image. At 32 pixels these
    are the paper's widths; at 64 and 128 they go on doubling to at most `16 * width`, which is
    our choice. A class-conditional generator joins an embedding of the label to the latents.

    Args:
        image_shape: `(height, width, channels)`, square, 32, 64 or 128 pixels wide.
        latent_dim: int. Defaults to `128`.
        num_classes: int, 0 for an unconditional generator. Defaults to `0`.
        width: int, channels of the last transposed convolution. Defaults to `64`.
        **kwargs: of `keras.Model`.

    Call arguments:
        inputs: latents `(batch, latent_dim)`, or `[latents, labels]` with integers `(batch,)`.

    Returns:
        Images `(batch, height, width, channels)`, float32 in `[-1, 1]`.

    Raises:
        ValueError: if the image shape is none of these.

    Example:
    ```python
    import numpy as np
    from keras_san.models import DCGANGenerator

    generator = DCGANGenerator((32, 32, 3), width=8)
    generator(np.zeros((2, 128), "float32")).shape  # (2, 32, 32, 3)
    ```

    Reference: Radford et al., "Unsupervised Representation Learning with DCGANs", ICLR 2016;
    Miyato et al., "Spectral Normalization", ICLR 2018, table 3.
    """

    recipe = Recipe(
        loss="hinge",
        generator_learning_rate=2e-4,
        discriminator_learning_rate=2e-4,
        betas=(0.5, 0.999),
        discriminator_steps=1,
        ema_half_life=10_000.0,
        reference="Adam of Radford et al., 2016; hinge as in SAN; the average is our choice",
    )

    def __init__(self, image_shape, latent_dim=128, num_classes=0, width=64, **kwargs):
        # === Layers ===
        widths = level_widths(image_shape, width)
        dense = keras.layers.Dense(4 * 4 * widths[0], kernel_initializer=_normal(), name="dense")
        upsample = [
            [
                Conv2DTranspose(
                    channels,
                    4,
                    strides=2,
                    padding="same",
                    kernel_initializer=_normal(),
                    name=f"upsample{level}",
                ),
                BatchNormalization(epsilon=1e-5, name=f"normalization{level}"),
                keras.layers.ReLU(name=f"relu{level}"),
            ]
            for level, channels in enumerate(widths[1:], start=1)
        ]
        to_image = Conv2D(
            image_shape[-1], 3, padding="same", kernel_initializer=_normal(), name="to_image"
        )

        # === Functional model ===
        latents = keras.Input((latent_dim,), name="latents")
        inputs, x = latents, latents
        if num_classes:
            labels = keras.Input((), dtype="int32", name="labels")
            embedding = keras.layers.Embedding(num_classes, latent_dim, name="class_embedding")
            inputs, x = [latents, labels], keras.layers.Concatenate()([x, embedding(labels)])
        x = keras.layers.Reshape((4, 4, widths[0]))(dense(x))
        for layers in upsample:
            for layer in layers:
                x = layer(x)
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


def _normal():
    return keras.initializers.RandomNormal(stddev=0.02)
