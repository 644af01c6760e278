"""Wasserstein objective."""

import keras
from keras import ops

from keras_san.losses.adversarial_loss import AdversarialLoss


@keras.saving.register_keras_serializable(package="keras_san")
class Wasserstein(AdversarialLoss):
    """Wasserstein objective: the difference of the critic's means.

    It needs a Lipschitz critic: spectral normalisation or `keras_san.penalties.GradientPenalty`.

    Formula, `r` and `f` the scores of real and fake images, each term a mean over the batch:
    ```
    discriminator: -r + f
    direction:     -r + f
    generator:     -f
    ```

    Args:
        normalize_weights: bool, see `keras_san.losses.AdversarialLoss`. Defaults to `False`.

    Example:
    ```python
    import numpy as np
    from keras_san.losses import Wasserstein

    real, fake = np.array([[2.0], [0.5]]), np.array([[-2.0], [0.5]])
    Wasserstein().discriminator(real, fake)
    ```

    Reference: Arjovsky et al., "Wasserstein GAN", ICML 2017, equation 2.
    """

    def generator_terms(self, fake):
        """`-f`."""
        return -fake

    def generator_slope(self, scores):
        """One."""
        return ops.ones_like(scores)

    def real_terms(self, real):
        """`-r`."""
        return -real

    def fake_terms(self, fake):
        """`f`."""
        return fake
