"""Relativistic average objective."""

import keras
from keras import ops

from keras_san import backend
from keras_san.losses.relativistic import Relativistic


@keras.saving.register_keras_serializable(package="keras_san")
class RelativisticAverage(Relativistic):
    """The relativistic average objective (RaGAN): each image beside the mean of the other kind.

    Use it where the pairs of `keras_san.losses.Relativistic` are too noisy. As there, the
    direction's loss is minus the generator's.

    Formula, `r` and `f` the scores of real and fake images, `R` and `F` their means over the batch,
    each term a mean over the batch:
    ```
    discriminator: softplus(F - r) + softplus(f - R)
    direction:     -softplus(R - f) - softplus(r - F)      (the surrogate)
    generator:     softplus(R - f) + softplus(r - F)
    ```

    Example:
    ```python
    import numpy as np
    from keras_san.losses import RelativisticAverage

    real, fake = np.array([[2.0], [0.5]]), np.array([[-2.0], [0.5]])
    RelativisticAverage().discriminator(real, fake)
    ```

    Reference: Jolicoeur-Martineau, "The relativistic discriminator", ICLR 2019, section 4.3.
    """

    def discriminator(self, real, fake):
        """`softplus(F - r) + softplus(f - R)`."""
        return _average(fake, real)

    def generator(self, fake, real):
        """`softplus(R - f) + softplus(r - F)`."""
        return _average(real, fake)


def _average(low, high):
    """Low where `high` is over the mean of `low`, and `low` under the mean of `high`."""
    low, high = ops.convert_to_tensor(low), ops.convert_to_tensor(high)
    lowest, highest = (backend.all_mean(ops.mean(scores)) for scores in (low, high))
    return ops.mean(ops.softplus(lowest - high)) + ops.mean(ops.softplus(low - highest))
