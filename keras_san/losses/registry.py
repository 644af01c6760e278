"""Objectives by name."""

import keras

from keras_san.losses.adversarial_loss import AdversarialLoss
from keras_san.losses.began import BEGAN
from keras_san.losses.hinge import Hinge
from keras_san.losses.least_squares import LeastSquares
from keras_san.losses.non_saturating import NonSaturating
from keras_san.losses.original_least_squares import OriginalLeastSquares
from keras_san.losses.relativistic import Relativistic
from keras_san.losses.relativistic_average import RelativisticAverage
from keras_san.losses.saturating import Saturating
from keras_san.losses.wasserstein import Wasserstein

_LOSSES = {
    "began": BEGAN,
    "hinge": Hinge,
    "least_squares": LeastSquares,
    "lsgan": OriginalLeastSquares,
    "non_saturating": NonSaturating,
    "relativistic": Relativistic,
    "relativistic_average": RelativisticAverage,
    "saturating": Saturating,
    "wasserstein": Wasserstein,
}
# Other words for the same objective.
_ALIASES = {"logistic": "non_saturating", "minimax": "saturating", "wgan": "wasserstein"}


def names():
    """The names that `get` and `SANModel.compile(loss=...)` know.

    Example:
    ```python
    from keras_san import losses

    print(losses.names())
    ```
    """
    return sorted(_LOSSES)


def aliases():
    """Other words that `get` knows, a dict from each to the name of the objective.

    Example:
    ```python
    from keras_san import losses

    losses.aliases()["logistic"]  # "non_saturating"
    ```
    """
    return dict(_ALIASES)


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
    if isinstance(identifier, str) and _ALIASES.get(identifier, identifier) in _LOSSES:
        return _LOSSES[_ALIASES.get(identifier, identifier)]()
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
