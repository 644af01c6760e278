"""Penalties by name."""

import functools

import keras

from keras_san.penalties.class_likelihood import ClassLikelihood
from keras_san.penalties.classifier_guidance import ClassifierGuidance
from keras_san.penalties.consistency import Consistency
from keras_san.penalties.dragan import DRAGAN
from keras_san.penalties.gradient_penalty import GradientPenalty
from keras_san.penalties.l2 import L2
from keras_san.penalties.latent_consistency import LatentConsistency
from keras_san.penalties.lecam import LeCam
from keras_san.penalties.orthogonal import Orthogonal
from keras_san.penalties.path_length import PathLength
from keras_san.penalties.penalty import PLAYERS, Penalty
from keras_san.penalties.r1 import R1
from keras_san.penalties.r2 import R2


def _balanced_consistency(weight=10.0, **arguments):
    return Consistency(weight, fake_weight=weight, **{"name": "bcr"} | arguments)


_PENALTIES = {
    "bcr": _balanced_consistency,
    "class_likelihood": ClassLikelihood,
    "classifier_guidance": ClassifierGuidance,
    "cr": functools.partial(Consistency, name="cr"),
    "dragan": DRAGAN,
    "gradient_penalty": GradientPenalty,
    "l2": L2,
    "lecam": LeCam,
    "orthogonal": Orthogonal,
    "path_length": PathLength,
    "r1": R1,
    "r2": R2,
    "zcr": functools.partial(LatentConsistency, name="zcr"),
}
_NEEDS_CHOICE = ("classifier_guidance",)
# What stands behind an "@", and the values that it may have if they are few.
_CHOICES = {
    "classifier_guidance": ("classifier", None),
    "l2": ("player", PLAYERS),
    "orthogonal": ("player", PLAYERS),
}


def names():
    """The names that `get` and `SANModel.compile(penalties=[...])` know.

    Example:
    ```python
    from keras_san import penalties

    print(penalties.names())
    ```
    """
    return sorted(_PENALTIES)


def get(identifier):
    """A penalty from a specification, its serialised form, or itself.

    Args:
        identifier: string `"name"`, `"name:weight"` or `"name:weight:interval"`, such as
            `"r1:10:16"`, the weight empty for the default; `l2` and `orthogonal` take the player
            they act on, as in `"l2@both:1e-4"`, and `classifier_guidance` its classifier, as in
            `"classifier_guidance@my_classifier.keras:0.5"`. Or a dict of
            `keras.saving.serialize_keras_object`, or a `keras_san.penalties.Penalty`.

    Raises:
        ValueError: if it is none of these.

    Example:
    ```python
    from keras_san import penalties

    lazy = penalties.get("r1:10:16")  # R1(weight=10.0, interval=16)
    ```
    """
    if isinstance(identifier, Penalty):
        return identifier
    if isinstance(identifier, dict):
        return keras.saving.deserialize_keras_object(identifier)
    if isinstance(identifier, str):
        return _from_string(identifier)
    raise ValueError(_unknown(identifier))


def _from_string(specification):
    head, *numbers = specification.split(":")
    name, at, choice = head.partition("@")
    if name not in _PENALTIES or len(numbers) > 2:
        raise ValueError(_unknown(specification))
    arguments = _chosen(specification, name, choice) if at or name in _NEEDS_CHOICE else {}
    try:
        for key, kind, text in zip(("weight", "interval"), (float, int), numbers, strict=False):
            if text:
                arguments[key] = kind(text)
    except ValueError as error:
        raise ValueError(
            f"{specification!r}: expected 'name:weight:interval' with a number and an integer, "
            "such as 'r1:10:16'."
        ) from error
    return _PENALTIES[name](**arguments)


def _chosen(specification, name, choice):
    """The argument that stands behind an "@"."""
    argument, values = _CHOICES.get(name, (None, ()))
    if argument is None or not choice or (values is not None and choice not in values):
        players = [key for key, (kind, _) in _CHOICES.items() if kind == "player"]
        raise ValueError(
            f"{specification!r}: a player can be chosen for {', '.join(players)}, one of "
            f"{', '.join(PLAYERS)}; classifier_guidance needs a classifier, as in "
            "'classifier_guidance@my_classifier.keras:0.5'."
        )
    return {argument: choice}


def _unknown(identifier):
    return (
        f"Unknown penalty: {identifier!r}. Expected 'name:weight:interval' with one of {names()}, "
        "such as 'r1:10:16', or a `keras_san.penalties.Penalty`."
    )
