"""DCGAN discriminator."""

import keras

from keras_san.layers.conv2d import Conv2D
from keras_san.layers.global_sum_pooling2d import GlobalSumPooling2D
from keras_san.layers.minibatch_std_dev import MinibatchStdDev
from keras_san.layers.spectral_normalization import SpectralNormalization
from keras_san.models.conditioning import discriminator_inputs
from keras_san.models.dcgan.dcgan_widths import level_widths
from keras_san.models.discriminator import Discriminator
from keras_san.models.head import make_head
from keras_san.models.normalizers import make_normalizer


@keras.saving.register_keras_serializable(package="keras_san")
class DCGANDiscriminator(Discriminator):
    """Convolutional discriminator, the "standard CNN" of the spectral normalisation paper.

    At every resolution a 3x3 convolution, then a 4x4 convolution of stride 2; at 4x4 one more
    3x3 convolution; each with spectral normalisation (or another normaliser) and LeakyReLU 0.1.
    The sum over positions goes to the head.

    Args:
        image_shape: `(height, width, channels)`, square, 32, 64 or 128 pixels wide.
        num_classes: int, 0 for an unconditional discriminator. Defaults to `0`.
        width: int, channels at the full resolution. Defaults to `64`.
        head: `"san"`, `"san_shared"` (with classes: shared plus class direction), or `"dense"`
            for the ordinary GAN. With classes these are `SANProjection` and `Projection`.
            Defaults to `"san"`.
        conditioning: with classes `"projection"`, or `"concat"` for the label as a further
            channel of the image. Defaults to `"projection"`.
        normalizer: `"spectral"`, `"layer"`, `"batch"`, `"spectral_batch"`, `"instance"` or
            `"none"`; the
            layers stand behind every convolution but the first. Defaults to `"spectral"`.
        minibatch_std_dev: bool, whether the last convolution sees the spread of the batch as a
            further channel (`MinibatchStdDev`). It holds off a generator that draws one image for
            every latent; the score of an image then depends on the others of its batch. Defaults
            to `False`.
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
    from keras_san.models import DCGANDiscriminator

    discriminator = DCGANDiscriminator((32, 32, 3), width=8)
    discriminator(np.zeros((2, 32, 32, 3), "float32")).shape  # (2, 1)
    ```

    Reference: Miyato et al., "Spectral Normalization", ICLR 2018, table 3.
    """

    def __init__(
        self,
        image_shape,
        num_classes=0,
        width=64,
        head="san",
        conditioning="projection",
        normalizer="spectral",
        minibatch_std_dev=False,
        **kwargs,
    ):
        # === Layers ===
        widths = level_widths(image_shape, width)[::-1]
        last = len(widths) - 1
        spectral, _ = make_normalizer(normalizer)
        layers = []
        for level, channels in enumerate(widths):
            layers.append(_convolution(channels, 3, 1, f"convolution{level}", spectral))
            if level < last:
                layers.append(_convolution(channels, 4, 2, f"downsample{level}", spectral))

        # === Functional model ===
        inputs, x, head_classes = discriminator_inputs(image_shape, num_classes, conditioning)
        for index, layer in enumerate(layers):
            if minibatch_std_dev and layer is layers[-1]:
                x = MinibatchStdDev()(x)
            x = layer(x)
            _, normalization = make_normalizer(normalizer)
            if normalization is not None and index:
                x = normalization(x)
            x = keras.layers.LeakyReLU(0.1)(x)
        trunk = keras.Model(inputs, GlobalSumPooling2D()(x), name="trunk")
        initializer = None if head_classes else _normal()
        super().__init__(
            trunk,
            make_head(head, head_classes, initializer, spectral_normalization=spectral),
            **kwargs,
        )

        # === Config ===
        self.num_classes = num_classes
        self.width = width
        self.head_name = head
        self.conditioning = conditioning
        self.normalizer = normalizer
        self.minibatch_std_dev = minibatch_std_dev

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
            "minibatch_std_dev": self.minibatch_std_dev,
        }


def _convolution(channels, kernel_size, strides, name, spectral):
    convolution = Conv2D(
        channels,
        kernel_size,
        strides=strides,
        padding="same",
        kernel_initializer=_normal(),
        name=name,
    )
    return SpectralNormalization(convolution, name=name) if spectral else convolution


def _normal():
    return keras.initializers.RandomNormal(stddev=0.02)
