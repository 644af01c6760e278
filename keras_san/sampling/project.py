"""The latents whose images come nearest to given ones."""

import typing

import keras
import numpy as np
from keras import ops

from keras_san import backend
from keras_san.sampling.class_labels import class_labels
from keras_san.sampling.half_range import warn_of_half_range
from keras_san.sampling.latent_gradient import LatentGradient, generated
from keras_san.sampling.latents import latents


class Projection(typing.NamedTuple):
    """What `project` returns."""

    latents: np.ndarray
    labels: np.ndarray | None
    images: np.ndarray
    losses: np.ndarray


def project(
    model,
    images,
    features=None,
    labels=None,
    feature_weight=1.0,
    starts=4,
    steps=200,
    learning_rate=0.1,
    seed=0,
    batch_size=64,
):
    """Finds latents whose images come as near as can be to given images.

    Use it to place a real image in the latent space (to edit it or to interpolate from it), or to
    see what a generator cannot make. Adam moves the latents of several seeds, its learning rate
    falling to zero along half a cosine; each image keeps the best that any of its starts met.

    Formula, `x` the image, `G` the generator, `f_k` the outputs of the feature network:
    ```
    loss = mean((G(z) - x)^2)
           + feature_weight * mean over k of |f_k(G(z)) - f_k(x)|^2 / |f_k(x)|^2
    ```

    Args:
        model: `keras_san.SANModel`.
        images: array `(count, height, width, channels)`, uint8 or float in `[-1, 1]`.
        features: None for the pixels alone; one of `keras_san.metrics.extractors`; or a
            `keras.Model` from images with values 0 to 255 to features or a list of them, such as
            `keras_san.metrics.extractors.efficientnet_lite0_maps`. Defaults to `None`.
        labels: int or sequence of integers, one an image, of a conditional model. None lets each
            start draw its class from its seed. Defaults to `None`.
        feature_weight: float. Defaults to `1.0`.
        starts: int, seeds to start from, `seed, seed + 1, ...`, the same for each image. Defaults
            to `4`.
        steps: int. Defaults to `200`.
        learning_rate: float, of Adam at the first step. Defaults to `0.1`.
        seed: int. Defaults to `0`.
        batch_size: int. Defaults to `64`.

    Returns:
        `(latents, labels, images, losses)`: float32 array `(count, latent_dim)`, int32 array
        `(count,)` or None, uint8 array as `images`, float32 array `(count,)`.

    Raises:
        ValueError: if images or labels do not fit the model, or a number is not positive.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 1), width=2)
    wanted = model.generate(seeds=[7])
    found = keras_san.sampling.project(model, wanted, starts=1, steps=3, batch_size=1)
    print(found.losses)
    ```

    Reference: Zhu et al., "Generative Visual Manipulation on the Natural Image Manifold", 2016,
    section 3.1; Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", 2020,
    appendix D, for the falling learning rate.
    """
    in_range = learning_rate > 0.0 and feature_weight >= 0.0
    if min(starts, steps, batch_size) < 1 or not in_range:
        raise ValueError(
            "`starts`, `steps`, `batch_size` and `learning_rate` must be positive, and "
            f"`feature_weight` not negative. Received: starts={starts!r}, steps={steps!r}, "
            f"batch_size={batch_size!r}, learning_rate={learning_rate!r}, "
            f"feature_weight={feature_weight!r}"
        )
    images = _scaled(images, model.image_shape)
    model.apply_truncation()
    count = len(images)
    seeds = np.tile(np.arange(seed, seed + starts), count)
    if labels is not None and np.ndim(labels):
        labels = np.repeat(labels, starts)
    classes = class_labels(labels, seeds, model.num_classes)
    network = FeatureNetwork(features, model.image_shape) if features is not None else None
    targets = [images, *(network.of(images, batch_size) if network else [])]
    inputs = [] if classes is None else [classes]
    inputs += [np.repeat(target, starts, axis=0) for target in targets]
    loss = LatentGradient(LatentLoss(model, network, feature_weight), min(batch_size, len(seeds)))
    vectors, losses = _descend(loss, latents(seeds, model.latent_dim), inputs, steps, learning_rate)
    best = losses.reshape(count, starts).argmin(axis=1) + starts * np.arange(count)
    labels = None if classes is None else classes[best]
    pictures = model.generate_from_latents(vectors[best], labels, batch_size)
    return Projection(vectors[best], labels, pictures, losses[best])


def _descend(loss, vectors, inputs, steps, learning_rate):
    """The best vectors that Adam meets, and their losses; every row goes its own way."""
    best, best_losses = vectors.copy(), np.full(len(vectors), np.inf, "float32")
    mean, square = np.zeros(vectors.shape), np.zeros(vectors.shape)
    for step in range(1, steps + 2):
        losses, gradient = loss(vectors, *inputs)
        better = losses < best_losses
        best[better], best_losses[better] = vectors[better], losses[better]
        if step > steps:
            break
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * np.square(gradient, dtype="float64")
        direction = (mean / (1.0 - 0.9**step)) / (np.sqrt(square / (1.0 - 0.999**step)) + 1e-8)
        rate = 0.5 * learning_rate * (1.0 + np.cos(np.pi * (step - 1) / steps))
        vectors = (vectors - rate * direction).astype("float32")
    return best, best_losses


def _scaled(images, image_shape):
    """Images as float32 in [-1, 1]."""
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[1:] != tuple(image_shape) or not len(images):
        raise ValueError(
            f"Expected images of shape (count, {', '.join(map(str, image_shape))}). "
            f"Received: {images.shape}"
        )
    if images.dtype == np.uint8:
        return (images / 127.5 - 1.0).astype("float32")
    if not np.issubdtype(images.dtype, np.floating) or not np.abs(images).max() <= 1.001:
        raise ValueError(
            "Images must be uint8, or float in [-1, 1]. Received: "
            f"dtype={images.dtype}, values in [{images.min():g}, {images.max():g}]"
        )
    warn_of_half_range(images, stacklevel=3)
    return images.astype("float32")


class FeatureNetwork(keras.Model):
    """A feature network of images in [-1, 1], with one output or several."""

    def __init__(self, features, image_shape):
        super().__init__(dtype="float32")
        # An extractor brings images to its network's size; a plain network takes them as they are.
        self.is_extractor = hasattr(features, "preprocess")
        self.prepare = features.preprocess(image_shape) if self.is_extractor else None
        self.network = features.network if self.is_extractor else features
        self.built = True

    def call(self, images, training=False):
        """A list of features of images."""
        pixels = (images + 1.0) * 127.5
        pixels = self.prepare(pixels) if self.is_extractor else pixels
        outputs = keras.tree.flatten(self.network(pixels, training=False))
        # A classifier's second output are its logits.
        outputs = outputs[:1] if self.is_extractor else outputs
        return [ops.cast(output, "float32") for output in outputs]

    def of(self, images, batch_size):
        """Features of an array of images, a list of arrays."""
        function = backend.compiled(self)
        parts = [
            [ops.convert_to_numpy(output) for output in function(ops.convert_to_tensor(batch))]
            for batch in np.array_split(images, range(batch_size, len(images), batch_size))
        ]
        return [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]


class LatentLoss(keras.Model):
    """The loss of `[latents, (labels,) images, *features]`, `(batch,)`."""

    def __init__(self, model, features, feature_weight):
        super().__init__(dtype="float32")
        self.generator = model.generator_ema
        self.features = features
        self.feature_weight = feature_weight
        self.sources = 2 if model.num_classes else 1
        self.built = True

    def call(self, inputs, training=False):
        """The losses; see the class."""
        inputs = list(inputs)
        wanted, *features = inputs[self.sources :]
        images = generated(self.generator, inputs[: self.sources])
        loss = _mean_square(images - wanted)
        if self.features is None:
            return loss
        found = self.features(images)
        pairs = zip(found, features, strict=True)
        terms = [_mean_square(a - b) / (_mean_square(b) + 1e-8) for a, b in pairs]
        return loss + self.feature_weight * sum(terms) / len(terms)


def _mean_square(x):
    return ops.mean(ops.square(x), axis=tuple(range(1, len(x.shape))))
