"""Perceptual path length: how smoothly images change with the latents."""

import keras
import numpy as np
from keras import ops

from keras_san import backend
from keras_san.features.shipped import full_precision
from keras_san.metrics.checks import check_count
from keras_san.metrics.estimate import Estimate
from keras_san.presets.networks import in_float32
from keras_san.sampling.latents import latents, random_labels


class FeatureMapDistance:
    """A perceptual distance of images, after LPIPS, in the feature maps of a network.

    Each map is scaled to unit length at each position; the squared differences are summed over
    channels, averaged over positions and summed over the maps. It is like LPIPS without the
    learned weights of the channels, so its values stand beside each other only.

    Args:
        maps: `keras.Model` from images with values 0 to 255 to a list of feature maps, such as
            `keras_san.metrics.extractors.efficientnet_lite0_maps((32, 32, 1))`.
        name: string, for the protocol. Defaults to `"effnetlite0maps"`.

    Call arguments:
        left: float array `(batch, height, width, channels)`, values 0 to 255.
        right: the same.

    Returns:
        float64 array `(batch,)`.

    Example:

    ```python
    import keras
    import keras_san
    import numpy as np

    images = keras.Input((8, 8, 3))
    maps = keras.Model(images, [keras.layers.Conv2D(4, 3)(images)])
    distance = keras_san.metrics.FeatureMapDistance(maps, name="tiny")
    assert (distance(np.ones((2, 8, 8, 3)), np.ones((2, 8, 8, 3))) == 0.0).all()
    ```

    Reference: Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual
    Metric", 2018, equation 1, with unit weights.
    """

    def __init__(self, maps, name="effnetlite0maps"):
        self.name = name
        outputs = [_unit(output) for output in keras.tree.flatten(maps.outputs)]
        self._maps = backend.compiled(keras.Model(maps.inputs, outputs))

    def __call__(self, left, right):
        """The distance of each pair; see the class."""
        # Two calls of one shape: how a batch is split must not change the last digits.
        pairs = zip(self._outputs(left), self._outputs(right), strict=True)
        return sum(np.square(a - b).sum(axis=-1).mean(axis=(1, 2)) for a, b in pairs)

    def _outputs(self, images):
        with backend.exact_float32():
            outputs = self._maps(ops.convert_to_tensor(np.asarray(images, "float32")))
        outputs = keras.tree.flatten(outputs)
        return [ops.convert_to_numpy(output).astype("float64") for output in outputs]


def _unit(x):
    squares = ops.sum(ops.square(x), axis=-1, keepdims=True)
    return x * ops.rsqrt(squares + 1e-10)


def path_length(distances, epsilon=1e-4, trim=0.01):
    """Perceptual path length from the distances of pairs a step apart.

    Use it where you make the pairs yourself; `perceptual_path_length` makes them from a model.

    Args:
        distances: float array `(count,)`, perceptual distances of image pairs whose latents are a
            share `epsilon` of a path apart.
        epsilon: float, that share. Defaults to `1e-4`.
        trim: float, share of the smallest and of the largest left out. Defaults to `0.01`.

    Returns:
        `Estimate` of the mean of `distances / epsilon ** 2`, lower is smoother.

    Raises:
        ValueError: if there are fewer than two distances, or one is not finite.

    Example:

    ```python
    import keras_san
    import numpy as np

    print(keras_san.metrics.path_length(np.full(100, 1e-6)))  # 100
    ```

    Reference: Karras et al., "A Style-Based Generator Architecture for Generative Adversarial
    Networks", 2019, section 4.1.
    """
    values = np.asarray(distances, "float64") / epsilon**2
    check_count("The set of pairs", len(values), 2, "a mean path length")
    if not np.isfinite(values).all():
        raise ValueError("distances hold values that are not finite: look at those images.")
    low, high = np.quantile(values, (trim, 1.0 - trim), method="nearest")
    values = values[(values >= low) & (values <= high)]
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None
    return Estimate(float(values.mean()), error)


def perceptual_path_length(
    model, distance, count=1000, epsilon=1e-4, sphere=True, seed=0, batch_size=32
):
    """The perceptual path length of a model's averaged generator.

    Use it to compare how smooth the latent spaces of generators are; with the distance named in
    the result, as there is no one perceptual distance.

    Args:
        model: `keras_san.SANModel`.
        distance: `FeatureMapDistance`, or a function of two float arrays of images, values 0 to
            255, that returns an array `(batch,)`.
        count: int, number of random paths. Defaults to `1000`.
        epsilon: float, the step along the path. Defaults to `1e-4`.
        sphere: bool, paths along great circles, as Gaussian latents have them; `False` for straight
            ones. Defaults to `True`.
        seed: int, of the paths. Defaults to `0`.
        batch_size: int. Defaults to `32`.

    Returns:
        `Estimate`, lower is smoother.

    Raises:
        ValueError: if there are fewer than two paths.

    Example:

    ```python
    import keras_san
    import numpy as np

    model = keras_san.models.build("dcgan", (32, 32, 1), width=4)
    mean_square = lambda a, b: np.square(a - b).mean(axis=(1, 2, 3))
    print(keras_san.metrics.perceptual_path_length(model, mean_square, count=8))
    ```

    Reference: Karras et al., 2019, equations 2 and 3.
    """
    check_count("The set of paths", count, 2, "a mean path length")
    model.apply_truncation()
    generate = backend.compiled(_in_float32(model.generator_ema))
    random = np.random.default_rng(seed)
    distances = []
    for start in range(0, count, batch_size):
        # Always one shape: a compiled function compiles once.
        seeds = [seed + start + index for index in range(batch_size)]
        ends = (
            latents(seeds, model.latent_dim),
            latents([(value + 2**31) % 2**32 for value in seeds], model.latent_dim),
        )
        places = random.uniform(size=(batch_size, 1))
        between = _slerp if sphere else _lerp
        labels = []
        if model.num_classes:
            labels = [ops.convert_to_tensor(random_labels(seeds, model.num_classes))]
        pair = []
        for place in (places, places + epsilon):
            z = ops.convert_to_tensor(between(*ends, place).astype("float32"))
            # A step is finer than the ten bits that TensorFloat-32 keeps of a number.
            with backend.exact_float32():
                images = generate([z, *labels] if labels else z)
            images = ops.convert_to_numpy(images)
            pair.append((images + 1.0) * 127.5)
        distances.append(np.asarray(distance(*pair)))
    return path_length(np.concatenate(distances)[:count], epsilon)


def _in_float32(generator):
    """The generator, or a copy in float32: half precision is coarser than a step of a path."""
    layers = generator._flatten_layers()
    if all(layer.compute_dtype in ("float32", None) for layer in layers):
        return generator
    with full_precision():
        copy = type(generator).from_config(in_float32(generator.get_config()))
    copy.set_weights(generator.get_weights())
    return copy


def _lerp(a, b, place):
    return a + (b - a) * place


def _slerp(a, b, place):
    """Along the great circle; the length goes evenly from that of `a` to that of `b`."""
    a, b = a.astype("float64"), b.astype("float64")
    lengths = [np.linalg.norm(x, axis=-1, keepdims=True) for x in (a, b)]
    a, b = a / lengths[0], b / lengths[1]
    cosine = np.clip((a * b).sum(axis=-1, keepdims=True), -1.0, 1.0)
    aside = b - cosine * a
    aside = aside / np.maximum(np.linalg.norm(aside, axis=-1, keepdims=True), 1e-12)
    angle = np.arccos(cosine) * place
    return (np.cos(angle) * a + np.sin(angle) * aside) * _lerp(*lengths, place)
