"""Augmentations by name."""

import keras

from keras_san.augment.adaptive_augment import AdaptiveAugment
from keras_san.augment.augmentation import Augmentation
from keras_san.augment.blur import Blur
from keras_san.augment.chain import Chain
from keras_san.augment.diff_augment import DiffAugment
from keras_san.augment.flip_and_shift import FlipAndShift
from keras_san.augment.instance_noise import InstanceNoise
from keras_san.augment.wrapped import Wrapped

# Name: (class, how each of its first arguments is read).
_AUGMENTATIONS = {
    "ada": (AdaptiveAugment, float, int),
    "blur": (Blur, float, int),
    "diff_augment": (DiffAugment, str),
    "flip_and_shift": (FlipAndShift, int),
    "instance_noise": (InstanceNoise, float, int),
}


def names():
    """The names that `get` and `SANModel.compile(augment=...)` know.

    Example:
    ```python
    from keras_san import augment

    print(augment.names())
    ```
    """
    return sorted(_AUGMENTATIONS)


def get(identifier):
    """An augmentation from a name, a layer, a function, several of them, or itself.

    Args:
        identifier: string `"name"` or `"name:argument"`, the argument the first of the class, such
            as `"ada:0.5"` or `"diff_augment:color,cutout"`, and where its second is `images`
            `"name:argument:images"`, such as `"blur:2:50000"`; a
            `keras_san.augment.Augmentation`; a `keras.layers.Layer` or a differentiable function
            of images; a list or tuple of these; or a dict of
            `keras.saving.serialize_keras_object`. None and an empty list give None.

    Raises:
        ValueError: if it is none of these, or no gradient passes through it.

    Example:
    ```python
    from keras_san import augment

    both = augment.get(["diff_augment:translation", "instance_noise:0.05"])
    ```
    """
    if identifier is None or isinstance(identifier, Augmentation):
        return identifier
    if isinstance(identifier, list | tuple):
        parts = [get(part) for part in identifier]
        return Chain(parts) if len(parts) > 1 else next(iter(parts), None)
    if isinstance(identifier, dict):
        return get(keras.saving.deserialize_keras_object(identifier))
    if isinstance(identifier, str):
        return _from_string(identifier)
    return Wrapped(identifier)


def _from_string(specification):
    name, *arguments = specification.split(":")
    if name not in _AUGMENTATIONS:
        raise ValueError(
            f"Unknown augmentation: {specification!r}. Expected one of {names()}, or a "
            "`keras_san.augment.Augmentation`, a Keras layer or a function of images."
        )
    kind, *readers = _AUGMENTATIONS[name]
    if len(arguments) > len(readers):
        raise ValueError(
            f"{specification!r} has {len(arguments)} arguments, but {name!r} takes at most "
            f"{len(readers)} after its name."
        )
    try:
        return kind(*(read(argument) for read, argument in zip(readers, arguments, strict=False)))
    except ValueError as error:
        raise ValueError(f"{specification!r}: {error}") from error
