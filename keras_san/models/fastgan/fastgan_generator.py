"""FastGAN generator."""

import keras
from keras import ops

from keras_san.layers.alike_rows import AlikeRows
from keras_san.layers.batch_normalization import BatchNormalization
from keras_san.layers.conditional_batch_normalization import ConditionalBatchNormalization
from keras_san.layers.conv2d import Conv2D
from keras_san.layers.conv2d_transpose import Conv2DTranspose
from keras_san.layers.noise_injection import NoiseInjection
from keras_san.layers.skip_layer_excitation import SkipLayerExcitation
from keras_san.layers.spectral_normalization import SpectralNormalization
from keras_san.layers.up_sampling2d import UpSampling2D
from keras_san.models.conditioning import check_classes_alike
from keras_san.models.fastgan.fastgan_channels import EXCITATIONS, map_channels
from keras_san.models.recipe import Recipe

STATISTICS = {"momentum": 0.9, "epsilon": 1e-5}


@keras.saving.register_keras_serializable(package="keras_san")
class FastGANGenerator(keras.Model):
    """The generator of FastGAN, in the form that Projected GAN trains.

    Use it where images or hours are few, with a discriminator on pretrained features. The latents
    are scaled to unit second moment, a spectrally normalised transposed convolution makes a 4x4
    map, every block doubles it: convolution, noise, batch normalisation and gated linear unit,
    twice, or once and without noise in the `lite` form. From 64 pixels on, the map 16 times
    smaller gates the channels of the large one (`keras_san.layers.SkipLayerExcitation`). In a
    class-conditional generator gain and bias of the blocks' normalisation are made from a class
    embedding of the length of the latents; with `self_modulation` from the latents, with classes
    from both, one after the other. A narrow conditional network without it may draw images of a
    class that differ in shape and not in colour, as its class decides over more than its latents.

    The last layer is a convolution without tanh, as published: images are not bounded, and tend
    to `[-1, 1]` as the discriminator asks for it. `keras_san.SANModel.generate` clips what lies
    outside. Inference adds fixed noise (`keras_san.layers.NoiseInjection`), so that an image
    depends on its latents alone.

    32 and 64 pixels, which the published network does not take, are its first blocks: our choice.

    Args:
        image_shape: `(height, width, channels)`, square, 32, 64, 128, 256 or 512 pixels wide.
        latent_dim: int. Defaults to `256`.
        num_classes: int, 0 for an unconditional generator. Defaults to `0`.
        width: int, channels of the map of 128 pixels; the first has 16 times as many. Defaults
            to `128`.
        lite: bool, whether blocks have one convolution in place of two. Defaults to `False`.
        self_modulation: bool, whether the latents move gain and bias of the blocks'
            normalisation, which the published network leaves to the class. Defaults to `False`.
        classes_alike: bool, whether the embeddings of all classes begin as one and part in
            training: against classes of few images that are drawn in one colour each, as the
            usual start, rows drawn one by one, invites. Defaults to `False`.
        **kwargs: of `keras.Model`.

    Call arguments:
        inputs: latents `(batch, latent_dim)`, or `[latents, labels]` with integers `(batch,)`.
        training: bool, whether noise is drawn and the batch's own statistics are used.

    Returns:
        Images `(batch, height, width, channels)`, float32, about `[-1, 1]` once trained.

    Raises:
        ValueError: if the image shape or the width is none of these, or `classes_alike`
            comes without classes.

    Example:
    ```python
    import numpy as np
    from keras_san.models import FastGANGenerator

    generator = FastGANGenerator((32, 32, 3), width=1)
    generator(np.ones((2, 256), "float32")).shape  # (2, 32, 32, 3)
    ```

    Reference: Liu et al., "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot
    Image Synthesis", ICLR 2021; Sauer et al., "Projected GANs Converge Faster", NeurIPS 2021;
    self-modulation: Chen et al., "On Self Modulation for Generative Adversarial Networks", ICLR
    2019, with the class beside the latents as in BigGAN. That classes of few images collapse where
    they are told apart too early: Shahbazi et al., "Collapse by Conditioning", ICLR 2022.
    """

    recipe = Recipe(
        loss="hinge",
        generator_learning_rate=2e-4,
        discriminator_learning_rate=2e-4,
        betas=(0.0, 0.99),
        discriminator_steps=1,
        ema_half_life=20_000.0,
        reference="Sauer et al., 2021, and the authors' code, batch 64",
    )

    def __init__(
        self,
        image_shape,
        latent_dim=256,
        num_classes=0,
        width=128,
        lite=False,
        self_modulation=False,
        classes_alike=False,
        **kwargs,
    ):
        check_classes_alike(classes_alike, num_classes)
        # === Layers ===
        channels = map_channels(image_shape, width)
        first = SpectralNormalization(
            Conv2DTranspose(2 * channels[4], 4, use_bias=False, kernel_initializer=_uniform()),
            name="first",
        )
        to_image = SpectralNormalization(
            Conv2D(
                image_shape[-1],
                3,
                padding="same",
                kernel_initializer=_uniform(),
                bias_initializer=_bias(9 * channels[image_shape[0]]),
            ),
            name="to_image",
        )

        # === Functional model ===
        latents = keras.Input((latent_dim,), name="latents")
        scaled = ops.rms_normalization(latents, axis=-1, epsilon=1e-8)
        inputs, condition = latents, scaled if self_modulation else None
        if num_classes:
            labels = keras.Input((), dtype="int32", name="labels")
            rows = AlikeRows(_standard_normal()) if classes_alike else _standard_normal()
            embedding = keras.layers.Embedding(
                num_classes, latent_dim, rows, name="class_embedding"
            )
            inputs, condition = [latents, labels], embedding(labels)
            if self_modulation:
                condition = ops.concatenate([condition, scaled], axis=-1)
        x = first(keras.layers.Reshape((1, 1, latent_dim))(scaled))
        x = ops.glu(BatchNormalization(**STATISTICS, name="first_normalization")(x))
        maps = {4: x}
        for size in list(channels)[1:]:
            x = _block(x, channels[size], condition, lite)
            if size in EXCITATIONS:
                excitation = SkipLayerExcitation(
                    kernel_initializer=_uniform(), name=f"excitation{size}"
                )
                x = excitation([maps[EXCITATIONS[size]], x])
            maps[size] = x
        images = keras.layers.Activation("linear", dtype="float32", name="images")(to_image(x))
        super().__init__(inputs=inputs, outputs=images, **kwargs)

        # === Config ===
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        self.num_classes = num_classes
        self.width = width
        self.lite = lite
        self.self_modulation = self_modulation
        self.classes_alike = classes_alike

    def get_config(self):
        """The arguments of the constructor."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "image_shape": self.image_shape,
            "latent_dim": self.latent_dim,
            "num_classes": self.num_classes,
            "width": self.width,
            "lite": self.lite,
            "self_modulation": self.self_modulation,
            "classes_alike": self.classes_alike,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A generator from what `get_config` gave."""
        return cls(**config)


def _block(maps, filters, condition, lite):
    """Maps of twice the height and width."""
    maps = UpSampling2D()(maps)
    size, noise = maps.shape[1], None
    for index in range(1 if lite else 2):
        name = f"block{size}_{{}}{index + 1}".format
        convolution = Conv2D(
            2 * filters, 3, padding="same", use_bias=False, kernel_initializer=_uniform()
        )
        maps = SpectralNormalization(convolution, name=name("conv"))(maps)
        if not lite:
            # A network with a condition has one weight of the noise a block, the other one each.
            if condition is None or noise is None:
                noise = NoiseInjection(seed=2 * size + index, name=name("noise"))
            maps = noise(maps)
        maps = ops.glu(_normalized(maps, condition, name("normalization")))
    return maps


def _normalized(maps, condition, name):
    if condition is None:
        return BatchNormalization(**STATISTICS, name=name)(maps)
    normalization = ConditionalBatchNormalization(
        spectral_normalization=True,
        kernel_initializer=_uniform(),
        use_bias=True,
        bias_initializer=_bias(condition.shape[-1]),
        **STATISTICS,
        name=name,
    )
    return normalization([maps, condition])


def _uniform():
    """Uniform in `1 / sqrt(fan_in)` to either side, PyTorch's default, as the authors' code has."""
    return keras.initializers.VarianceScaling(1.0 / 3.0, "fan_in", "uniform")


def _bias(fan_in):
    """The same for a bias, whose shape does not tell the fan-in."""
    limit = fan_in**-0.5
    return keras.initializers.RandomUniform(-limit, limit)


def _standard_normal():
    return keras.initializers.RandomNormal(stddev=1.0)
