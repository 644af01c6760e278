"""Adaptive discriminator augmentation."""

import math

import keras
from keras import ops

from keras_san import backend
from keras_san.augment import colour, spatial
from keras_san.augment.augmentation import Augmentation
from keras_san.augment.draws import Draws


@keras.saving.register_keras_serializable(package="keras_san")
class AdaptiveAugment(Augmentation):
    """ADA: augments with a probability that follows how much the discriminator overfits.

    Use it where there are few images, a thousand to a hundred thousand. Each transformation
    (mirroring, quarter turns, whole-pixel shifts; scaling, rotation, stretching, shifts;
    brightness, contrast, inverted lightness, hue, saturation) is applied to each image with the
    probability `p`, which rises while `r_t`, the mean sign of the scores of real images, is over
    the target and falls while it is under. So it wants an objective whose scores are balanced about
    zero: hinge, saturating or non-saturating. `p` is saved with the model, and in the logs.

    Geometry is bilinear with a reflection outside. (The authors' filters against aliasing are left
    out: our choice.)

    Args:
        target: float, of `r_t`; None keeps `p` where it is. Defaults to `0.6`.
        images: int, the speed: real images in which `p` goes from 0 to 1. Defaults to `500_000`.
        probability: float in `[0, 1]`, `p` at first. Defaults to `0.0`.
        interval: int, updates between two moves of `p`. Defaults to `4`.

    Raises:
        ValueError: if a number is out of range.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile(augment=keras_san.augment.AdaptiveAugment(target=0.5))
    ```

    Reference: Karras et al., "Training Generative Adversarial Networks with Limited Data", NeurIPS
    2020, sections 2 and 3, appendix B.
    """

    log_names = ("augment_probability", "overfitting")

    def __init__(self, target=0.6, images=500_000, probability=0.0, interval=4):
        if not 0.0 <= probability <= 1.0 or images < 1 or interval < 1:
            raise ValueError(
                "`probability` must be in [0, 1], `images` and `interval` positive. Received: "
                f"probability={probability!r}, images={images!r}, interval={interval!r}"
            )
        self.target = target
        self.images = images
        self.probability = probability
        self.interval = interval
        self._probability, self._signs, self._count, self._updates = (
            backend.running_number(value, f"ada_{name}")
            for name, value in (
                ("probability", probability),
                ("signs", 0.0),
                ("count", 0.0),
                ("updates", 0.0),
            )
        )

    @property
    def variables(self):
        """The probability, and what was counted since it last moved."""
        return [self._probability, self._signs, self._count, self._updates]

    def __call__(self, images, seed=None):
        """Augmented images; see the class."""
        probability = ops.convert_to_tensor(self._probability)
        # Values and chances of eight transformations of places and five of colours.
        draws = Draws(images, seed, uniforms=23, normals=7)
        rows, columns = _places(images, probability, draws)
        return _recolour(spatial.sample(images, rows, columns), probability, draws)

    def observe(self, real_score):
        """Counts the signs of the scores; moves the probability every `interval` updates."""
        replicas = float(backend.replica_count())
        signs = backend.all_mean(ops.sum(ops.sign(ops.stop_gradient(real_score)))) * replicas
        batch = ops.cast(ops.shape(real_score)[0], "float32") * replicas
        signs, count, updates = self._signs + signs, self._count + batch, self._updates + 1.0
        overfitting = signs / count
        probability = ops.convert_to_tensor(self._probability)
        due = updates >= self.interval * self.parts
        if self.target is not None:
            move = ops.sign(overfitting - self.target) * count / float(self.images)
            moved = ops.clip(probability + move, 0.0, 1.0)
            probability = ops.where(due, moved, probability)
            self._probability.assign(probability)
        for variable, value in (
            (self._signs, signs),
            (self._count, count),
            (self._updates, updates),
        ):
            variable.assign(ops.where(due, 0.0, value))
        return {"augment_probability": probability, "overfitting": overfitting}

    def get_config(self):
        """The arguments of the constructor."""
        return {
            "target": self.target,
            "images": self.images,
            "probability": self.probability,
            "interval": self.interval,
        }


def _places(images, probability, draws):
    """Where each pixel of the augmented images is read: rows and columns, `(batch, h, w)`.

    Images are mirrored, turned and shifted by whole pixels first, then scaled, rotated, stretched
    and shifted: a place goes back through that, about the middle of the image.
    """
    height, width = images.shape[1:3]

    def sometimes(value, otherwise, chance=probability):
        return draws.sometimes(chance, value, otherwise)[..., 0]

    rows = ops.reshape(ops.arange(height, dtype="float32"), (1, height, 1)) - (height - 1) / 2
    columns = ops.reshape(ops.arange(width, dtype="float32"), (1, 1, width)) - (width - 1) / 2

    rows = rows + sometimes(draws.normal(0.125) * height, 0.0)
    columns = columns + sometimes(draws.normal(0.125) * width, 0.0)
    # Two rotations: together they happen with the probability of one.
    turning = 1.0 - ops.sqrt(1.0 - probability)
    after = sometimes(draws.uniform(-math.pi, math.pi), 0.0, turning)
    rows, columns = _turned(rows, columns, ops.cos(after), ops.sin(after))
    stretch = sometimes(draws.log_normal(0.2), 1.0)
    rows, columns = rows / stretch, columns * stretch
    before = sometimes(draws.uniform(-math.pi, math.pi), 0.0, turning)
    rows, columns = _turned(rows, columns, ops.cos(before), ops.sin(before))
    scale = sometimes(draws.log_normal(0.2), 1.0)
    rows, columns = rows * scale, columns * scale

    rows = rows + sometimes(ops.round(draws.uniform(-0.125, 0.125) * height), 0.0)
    columns = columns + sometimes(ops.round(draws.uniform(-0.125, 0.125) * width), 0.0)
    quarter = sometimes(draws.integer(0, 3), 0.0) * (math.pi / 2)
    rows, columns = _turned(rows, columns, ops.round(ops.cos(quarter)), ops.round(ops.sin(quarter)))
    columns = columns * sometimes(1.0 - 2.0 * draws.integer(0, 1), 1.0)
    return rows + (height - 1) / 2, columns + (width - 1) / 2


def _turned(rows, columns, cosine, sine):
    return rows * cosine - columns * sine, rows * sine + columns * cosine


def _recolour(images, probability, draws):
    images = images + draws.sometimes(probability, draws.normal(0.2), 0.0)
    images = images * draws.sometimes(probability, draws.log_normal(0.5), 1.0)
    images = colour.flip_luma(images, draws.sometimes(probability, draws.integer(0, 1), 0.0))
    if images.shape[3] == 1:
        return images
    angle = draws.sometimes(probability, draws.uniform(-math.pi, math.pi), 0.0)
    images = colour.rotate_hue(images, angle)
    return colour.saturate(images, draws.sometimes(probability, draws.log_normal(1.0), 1.0))
