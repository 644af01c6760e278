"""Projected discriminator."""

import math

import keras

from keras_san.layers.conv2d import Conv2D
from keras_san.layers.san_conv2d import SANConv2D
from keras_san.layers.spectral_normalization import SpectralNormalization
from keras_san.models.conditioning import check_classes_alike
from keras_san.models.discriminator import Discriminator
from keras_san.models.normalizers import make_normalizer
from keras_san.models.projected.class_map_head import ClassMapHead
from keras_san.models.projected.feature_projection import FeatureProjection
from keras_san.models.recipe import Recipe
from keras_san.models.scale_heads import ScaleHeads

HEADS = ("san", "dense")
# A map of so many positions a side goes to the head, which looks at 4 x 4 of them at a time.
LAST_SIZE, HEAD_SIZE = 8, 4


@keras.saving.register_keras_serializable(package="keras_san")
class ProjectedDiscriminator(Discriminator):
    """Four discriminators on mixed features of a frozen network: good images from little compute.

    Use it for natural images where the time or the images are few: it needs about a million
    images where a discriminator that starts from nothing needs twenty times as many. The images
    go through a network that was trained on ImageNet and stays as it is; fixed random convolutions
    mix its maps across channels and scales; a discriminator of its own judges each of the four
    mixed maps, by blocks of a 4x4 convolution of stride 2 with spectral normalisation, batch
    normalisation and LeakyReLU 0.2 down to 8x8, then 4x4 patches. Maps that are no larger than
    that (`feature_size` below 256) have one block all the same, which is our choice.

    The feature network's weights are in no file of the model: the config names them by hash. A
    network of your own is made known with `keras_san.models.register_network` before such a model
    is loaded in a new process.

    Args:
        image_shape: `(height, width, channels)`, square, 1 or 3 channels.
        num_classes: int, 0 for an unconditional discriminator. Defaults to `0`.
        feature_network: `"efficientnet_lite0"`, `"pixels"`, a `keras.Model` from images in
            `[-1, 1]` of a fixed size to four maps, finest first, each half as large as the one
            before, what `register_network` returned, or a list of these: each has discriminators
            of its own. `"pixels"` are the pixels as they are, in squares of 2, 4, 8 and 16: beside
            a network they show what it has no features of. Defaults to `"efficientnet_lite0"`.
        feature_size: int, a multiple of 32, the side that images are resized to for
            `"efficientnet_lite0"`; None for the image's own size, at least 64 and at most 224.
            The papers have 224, at twelve times the work of 64. Defaults to `None`.
        width: int, channels of the finest mixed map; all others follow. Defaults to `64`.
        head: `"san"`, or `"dense"` for the ordinary GAN. With classes a row a class scores each
            patch, without a 4x4 convolution does. Defaults to `"san"`.
        normalizer: of the discriminators, one of `"spectral_batch"`, `"spectral"`, `"layer"`,
            `"batch"`, `"instance"` and `"none"`. The papers' batch normalisation sees real and
            generated images apart, which hides how the spread of the generated ones differs:
            `"spectral"` leaves it out. Defaults to `"spectral_batch"`.
        classes_alike: bool, whether the rows of all classes begin as one. Takes as much of the
            generator, and keeps classes of few images from being drawn in one colour; see
            `keras_san.models.FastGANGenerator`. Defaults to `False`.
        projection_seed: int, of the random mixing, or None for Keras's global seed. Defaults to
            `None`.
        **kwargs: of `keras.Model`.

    Call arguments:
        inputs: images `(batch, height, width, channels)` in `[-1, 1]`, or `[images, labels]`.
        direction_pair: bool, whether each scale returns `(fun, dir)`; with the SAN head only.

    Returns:
        List of scores `(batch, rows, columns, 1)`, one a scale, finest first, or of pairs.

    Raises:
        ValueError: if an argument is none of these, or a saved network is not known here.

    Example:
    ```python
    import numpy as np
    from keras_san.models import ProjectedDiscriminator

    discriminator = ProjectedDiscriminator((32, 32, 3), width=4)
    scores = discriminator(np.zeros((2, 32, 32, 3), "float32"))
    [score.shape for score in scores]  # (2, 5, 5, 1) first, (2, 1, 1, 1) last
    ```

    Reference: Sauer et al., "Projected GANs Converge Faster", NeurIPS 2021; the SAN heads are
    those of StyleSAN-XL, Takida et al., "SAN", ICLR 2024. Pixels beside features: Kumari et al.,
    "Ensembling Off-the-shelf Models for GAN Training", CVPR 2022, there by a discriminator of
    another kind.
    """

    recipe = Recipe(
        loss="hinge",
        generator_learning_rate=2e-4,
        discriminator_learning_rate=2e-4,
        betas=(0.0, 0.99),
        discriminator_steps=1,
        # 10 / 32 of a batch of 64 in thousands of images.
        ema_half_life=20_000.0,
        augment=("blur", "diff_augment"),
        reference="Sauer et al., 2021, with FastGAN; blur as in StyleGAN-XL",
    )

    def __init__(
        self,
        image_shape,
        num_classes=0,
        feature_network="efficientnet_lite0",
        feature_size=None,
        width=64,
        head="san",
        normalizer="spectral_batch",
        classes_alike=False,
        projection_seed=None,
        **kwargs,
    ):
        _check(image_shape, head)
        check_classes_alike(classes_alike, num_classes)
        spectral, _ = make_normalizer(normalizer)
        # === Layers ===
        size = feature_size or min(max(image_shape[0] // 32 * 32, 64), 224)
        frozen = FeatureProjection(
            image_shape, feature_network, size, width, projection_seed, name="projection"
        )

        # === Functional model ===
        shapes = frozen.compute_output_shape()
        maps = [keras.Input(shape[1:], name=f"map{i}") for i, shape in enumerate(shapes)]
        features = [_discriminate(x, width, num_classes, normalizer, i) for i, x in enumerate(maps)]
        heads = [
            _make_head(head, num_classes, classes_alike, x.shape[1], spectral, i)
            for i, x in enumerate(features)
        ]
        trunk = keras.Model(maps, features, name="trunk")
        super().__init__(trunk, ScaleHeads(heads, name="head"), frozen, **kwargs)

        # === Config ===
        self.num_classes = num_classes
        self.feature_network = frozen.references
        self.feature_size = feature_size
        self.width = width
        self.head_name = head
        self.normalizer = normalizer
        self.classes_alike = classes_alike
        self.projection_seed = projection_seed

    def get_config(self):
        """The arguments of the constructor, the feature networks by name and hash."""
        return {
            "name": self.name,
            "image_shape": self.image_shape,
            "num_classes": self.num_classes,
            "feature_network": self.feature_network,
            "feature_size": self.feature_size,
            "width": self.width,
            "head": self.head_name,
            "normalizer": self.normalizer,
            "classes_alike": self.classes_alike,
            "projection_seed": self.projection_seed,
        }


def _check(image_shape, head):
    if len(image_shape) != 3 or image_shape[0] != image_shape[1] or image_shape[2] not in (1, 3):
        raise ValueError(
            "Expected square images `(height, width, channels)` with 1 or 3 channels. Received: "
            f"image_shape={image_shape!r}"
        )
    if head not in HEADS:
        raise ValueError(f"Unknown head: {head!r}. Expected one of {', '.join(map(repr, HEADS))}.")


def _discriminate(x, width, num_classes, normalizer, index):
    """The features of one mixed map."""
    spectral, _ = make_normalizer(normalizer)
    # Sizes that are no power of two count as the nearest one.
    level = round(math.log2(x.shape[1]))
    for block in range(max(1, level - 3)):
        level -= 1
        x = _convolution(
            spectral,
            f"scale{index}_convolution{block}",
            _channels(width, 2**level),
            4,
            strides=2 if x.shape[1] >= LAST_SIZE else 1,
            padding="same",
        )(x)
        _, normalization = make_normalizer(normalizer, f"scale{index}_normalization{block}")
        x = x if normalization is None else normalization(x)
        x = keras.layers.LeakyReLU(0.2, name=f"scale{index}_activation{block}")(x)
    if not num_classes:
        return x
    size = min(HEAD_SIZE, x.shape[1])
    return _convolution(spectral, f"scale{index}_features", width, size, use_bias=False)(x)


def _convolution(spectral, name, *arguments, **options):
    """A convolution, spectrally normalised if `spectral`."""
    options["kernel_initializer"] = _uniform()
    if spectral:
        return SpectralNormalization(Conv2D(*arguments, **options), name=name)
    return Conv2D(*arguments, **options, name=name)


def _channels(width, size):
    """Channels of a map that so many positions a side have: `8 * width` at 8, `width` from 64."""
    return max(width, width * 64 // max(size, LAST_SIZE))


def _make_head(head, num_classes, classes_alike, size, spectral, index):
    name = f"scale{index}_head"
    if num_classes:
        return ClassMapHead(num_classes, head, classes_alike, name=name)
    size = min(HEAD_SIZE, size)
    if head == "san":
        return SANConv2D(1, size, use_bias=False, kernel_initializer=_uniform(), name=name)
    return _convolution(spectral, name, 1, size, use_bias=False)


def _uniform():
    """Uniform up to one over the root of a neuron's inputs, as PyTorch draws convolutions."""
    return keras.initializers.VarianceScaling(1.0 / 3.0, "fan_in", "uniform")
