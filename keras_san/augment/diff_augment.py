"""DiffAugment."""

import keras
from keras import ops

from keras_san.augment import colour, spatial
from keras_san.augment.augmentation import Augmentation
from keras_san.augment.draws import Draws


def _color(images, seed):
    draws = Draws(images, seed, 3)
    images = images + draws.uniform(-0.5, 0.5)
    images = colour.saturate(images, draws.uniform(0.0, 2.0))
    return colour.contrast(images, draws.uniform(0.5, 1.5))


def _translation(images, seed, ratio=0.125):
    draws = Draws(images, seed, 2)
    rows, columns = (
        draws.integer(-limit, limit)
        for limit in (int(size * ratio + 0.5) for size in images.shape[1:3])
    )
    return spatial.shift(images, rows, columns)


def _cutout(images, seed, ratio=0.5):
    inside, draws = [], Draws(images, seed, 2)
    for axis, size in ((1, images.shape[1]), (2, images.shape[2])):
        length = int(size * ratio + 0.5)
        start = draws.integer(0, size - length % 2) - length // 2
        shape = [1, 1, 1, 1]
        shape[axis] = size
        places = ops.reshape(ops.arange(size, dtype="float32"), shape)
        inside.append(ops.logical_and(places >= start, places < start + length))
    return images * ops.cast(ops.logical_not(ops.logical_and(*inside)), images.dtype)


_POLICIES = {"color": _color, "cutout": _cutout, "translation": _translation}


@keras.saving.register_keras_serializable(package="keras_san")
class DiffAugment(Augmentation):
    """Colour, translation and cutout of every image that the discriminator sees.

    Use it where there are few images, up to some ten thousand; it has nothing to tune.

    - color: brightness moved by up to 0.5, saturation times 0 to 2, contrast times 0.5 to 1.5;
    - translation: up to an eighth of the size, zeros come in;
    - cutout: a square of half the size is set to zero.

    Args:
        policy: string, which of `color`, `translation` and `cutout`, in order, joined by commas.
            Defaults to `"color,translation,cutout"`.

    Raises:
        ValueError: if the policy names another.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile(augment=keras_san.augment.DiffAugment("translation,cutout"))
    ```

    Reference: Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training", NeurIPS
    2020, section 4.
    """

    def __init__(self, policy="color,translation,cutout"):
        unknown = [name for name in policy.split(",") if name not in _POLICIES]
        if unknown:
            raise ValueError(
                f"Unknown in the policy {policy!r}: {', '.join(map(repr, unknown))}. Expected some "
                f"of {', '.join(sorted(_POLICIES))}, joined by commas."
            )
        self.policy = policy

    def __call__(self, images, seed=None):
        """Augmented images; see the class."""
        for name in self.policy.split(","):
            images = _POLICIES[name](images, seed)
        return images

    def get_config(self):
        """The arguments of the constructor."""
        return {"policy": self.policy}
