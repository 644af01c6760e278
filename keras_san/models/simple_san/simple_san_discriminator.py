"""Discriminator of the SAN authors' MNIST example."""

import math

import keras

from keras_san.layers.conv2d import Conv2D
from keras_san.layers.projection import Projection
from keras_san.layers.spectral_normalization import SpectralNormalization
from keras_san.models.conditioning import discriminator_inputs
from keras_san.models.discriminator import Discriminator
from keras_san.models.head import make_head
from keras_san.models.simple_san.simple_san_generator import check_shape


@keras.saving.register_keras_serializable(package="keras_san")
class SimpleSANDiscriminator(Discriminator):
    """The discriminator of the SAN authors' MNIST example, 28x28 pixels.

    Three strided convolutions, two of them with spectral normalisation, and the head on all
    positions; conditional, the head has a row a class.

    Args:
        image_shape: `(28, 28, channels)`. Defaults to `(28, 28, 1)`.
        num_classes: int, 0 for an unconditional discriminator. Defaults to `0`.
        width: int, channels of the first convolution. Defaults to `128`.
        head: `"san"`, or `"dense"` for the ordinary GAN. Defaults to `"san"`.
        conditioning: with classes `"projection"`, or `"concat"` for the label as a further
            channel of the image. Defaults to `"projection"`.
        **kwargs: of `keras.Model`.

    Call arguments:
        inputs: images `(batch, 28, 28, channels)` in `[-1, 1]`, or `[images, labels]`.
        direction_pair: bool, whether to return `(fun, dir)`; with the SAN head only.

    Returns:
        Scores `(batch, 1)`, or the pair.

    Raises:
        ValueError: if the image is not 28x28 or the head unknown.

    Example:
    ```python
    import numpy as np
    from keras_san.models import SimpleSANDiscriminator

    SimpleSANDiscriminator(width=8)(np.zeros((2, 28, 28, 1), "float32")).shape  # (2, 1)
    ```

    Reference: Takida et al., "SAN", ICLR 2024, the authors' example simple-san.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        num_classes=0,
        width=128,
        head="san",
        conditioning="projection",
        **kwargs,
    ):
        # === Layers ===
        check_shape(image_shape)
        first = Conv2D(width, 6, strides=2, name="downsample0")
        others = [
            SpectralNormalization(
                Conv2D(factor * width, 4, strides=2, padding="same"),
                name=f"downsample{level}",
            )
            for level, factor in enumerate((2, 4), start=1)
        ]

        # === Functional model ===
        inputs, x, head_classes = discriminator_inputs(image_shape, num_classes, conditioning)
        # The authors' networks see images in [0, 1].
        x = keras.layers.Rescaling(0.5, offset=0.5)(x)
        for layer in (first, *others):
            x = keras.layers.LeakyReLU(0.2)(layer(x))
        trunk = keras.Model(inputs, keras.layers.Flatten("channels_last")(x), name="trunk")
        super().__init__(trunk, _head(head, head_classes, trunk.output_shape[-1]), **kwargs)

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


def _head(head, num_classes, features):
    """Rows of normal numbers of deviation one, without bias, as the authors have them."""
    normal = keras.initializers.RandomNormal(stddev=1.0)
    # Their SAN head is one weight in polar form, whose norm moves as fast as its entries let it.
    fast = head.startswith("san")
    if not num_classes:
        return make_head(head, 0, normal, head != "dense", fast)
    if head == "dense":
        return Projection(num_classes, shared=False, embeddings_initializer=normal, name="head")
    if head == "san":
        # `SANProjection` divides by the root of the number of features; the authors do not here.
        normal = keras.initializers.RandomNormal(stddev=math.sqrt(features))
    return make_head(head, num_classes, normal, spectral_normalization=fast)
