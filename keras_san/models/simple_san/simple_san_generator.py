"""Generator of the SAN authors' MNIST example."""

import keras

from keras_san.layers.batch_normalization import BatchNormalization
from keras_san.layers.conv2d_transpose import Conv2DTranspose
from keras_san.models.recipe import Recipe


@keras.saving.register_keras_serializable(package="keras_san")
class SimpleSANGenerator(keras.Model):
    """The generator of the SAN authors' MNIST example, 28x28 pixels.

    Their images lie in [0, 1] behind a sigmoid; here the sigmoid is stretched to [-1, 1].

    Args:
        image_shape: `(28, 28, channels)`. Defaults to `(28, 28, 1)`.
        latent_dim: int. Defaults to `100`.
        num_classes: int, 0 for an unconditional generator. Defaults to `0`.
        width: int, a quarter of the channels of the first map. Defaults to `128`.
        **kwargs: of `keras.Model`.

    Call arguments:
        inputs: latents `(batch, latent_dim)`, or `[latents, labels]` with integers `(batch,)`.

    Returns:
        Images `(batch, 28, 28, channels)`, float32 in `[-1, 1]`.

    Raises:
        ValueError: if the image is not 28x28.

    Example:
    ```python
    import numpy as np
    from keras_san.models import SimpleSANGenerator

    SimpleSANGenerator(width=8)(np.zeros((2, 100), "float32")).shape  # (2, 28, 28, 1)
    ```

    Reference: Takida et al., "SAN", ICLR 2024, the authors' example simple-san.
    """

    recipe = Recipe(
        loss="hinge",
        generator_learning_rate=1e-3,
        discriminator_learning_rate=1e-3,
        betas=(0.0, 0.99),
        discriminator_steps=1,
        ema_half_life=10_000.0,
        reference="the authors' example, batch 128; the average is our choice",
    )

    def __init__(self, image_shape=(28, 28, 1), latent_dim=100, num_classes=0, width=128, **kwargs):
        # === Layers ===
        check_shape(image_shape)
        dense = keras.layers.Dense(3 * 3 * 4 * width, name="dense")
        upsample = [
            [
                Conv2DTranspose(channels, 4, strides=2, padding="same", name=f"upsample{level}"),
                BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"normalization{level}"),
                keras.layers.Activation("silu", name=f"silu{level}"),
            ]
            for level, channels in enumerate((2 * width, width), start=1)
        ]
        to_image = Conv2DTranspose(image_shape[-1], 6, strides=2, name="to_image")

        # === Functional model ===
        latents = keras.Input((latent_dim,), name="latents")
        inputs, x = latents, latents
        if num_classes:
            labels = keras.Input((), dtype="int32", name="labels")
            embedding = keras.layers.Embedding(
                num_classes,
                latent_dim,
                embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0),
                name="class_embedding",
            )
            inputs, x = [latents, labels], keras.layers.Concatenate()([x, embedding(labels)])
        x = keras.layers.LeakyReLU(0.01)(dense(x))
        x = keras.layers.Reshape((3, 3, 4 * width))(x)
        for layers in upsample:
            for layer in layers:
                x = layer(x)
        x = keras.layers.Activation("sigmoid", dtype="float32", name="sigmoid")(to_image(x))
        images = keras.layers.Rescaling(2.0, offset=-1.0, dtype="float32", name="images")(x)
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


def check_shape(image_shape):
    """Raises a `ValueError` unless the image is 28x28."""
    if len(image_shape) != 3 or tuple(image_shape[:2]) != (28, 28):
        raise ValueError(
            "The simple_san pair makes images of 28x28 pixels. "
            f"Received: image_shape={tuple(image_shape)}. `dcgan` takes 32, 64 and 128."
        )
