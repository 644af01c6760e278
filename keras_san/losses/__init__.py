"""GAN objectives: each gives the losses of the generator, the discriminator and the direction."""

from keras_san.losses.adversarial_loss import AdversarialLoss
from keras_san.losses.began import BEGAN
from keras_san.losses.hinge import Hinge
from keras_san.losses.least_squares import LeastSquares
from keras_san.losses.non_saturating import NonSaturating
from keras_san.losses.original_least_squares import OriginalLeastSquares
from keras_san.losses.registry import aliases, get, names
from keras_san.losses.relativistic import Relativistic
from keras_san.losses.relativistic_average import RelativisticAverage
from keras_san.losses.saturating import Saturating
from keras_san.losses.wasserstein import Wasserstein

__all__ = [
    "AdversarialLoss",
    "BEGAN",
    "Hinge",
    "LeastSquares",
    "NonSaturating",
    "OriginalLeastSquares",
    "Relativistic",
    "RelativisticAverage",
    "Saturating",
    "Wasserstein",
    "aliases",
    "get",
    "names",
]
