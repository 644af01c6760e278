"""Objectives by name."""

import keras

from keras_san.losses.adversarial_loss import AdversarialLoss
from keras_san.losses.hinge import Hinge
from keras_san.losses.least_squares import LeastSquares
from keras_san.losses.non_saturating import NonSaturating
from keras_san.losses.saturating import Saturating
from keras_san.losses.wasserstein import Wasserstein

_LOSSES = {
    "hinge": Hinge,
    "least_squares": LeastSquares,
    "non_saturating": NonSaturating,
    "saturating": Saturating,
    "wasserstein": Wasserstein,
}


def names():
    """The names that `get` and `SANModel.compile(loss=...)` know.

    Example:
    ```python
    from keras_san import losses

    print(losses.names())
    ```
    """
    return sorted(_LOSSES)


def get(identifier):
    """An objective from its name, its serialised form, or itself.

    Args:
        identifier: string, dict of `keras.saving.serialize_keras_object`, or an object with
            `generator`, `discriminator` and `direction`.

    Raises:
        ValueError: if it is none of these.

    Example:
    ```python
    from keras_san import losses

    hinge = losses.get("hinge")
    ```
    """
    if isinstance(identifier, str) and identifier in _LOSSES:
        return _LOSSES[identifier]()
    if isinstance(identifier, dict):
        return keras.saving.deserialize_keras_object(identifier)
    methods = ("generator", "discriminator", "direction")
    if isinstance(identifier, AdversarialLoss) or all(hasattr(identifier, m) for m in methods):
        return identifier
    raise ValueError(
        f"Unknown GAN objective: {identifier!r}. Expected one of {names()}, or an object with "
        "the methods `generator(fake)`, `discriminator(real, fake)` and `direction(real, fake)`, "
        "for example a `keras_san.losses.AdversarialLoss`."
    )
