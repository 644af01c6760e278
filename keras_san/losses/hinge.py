"""Hinge objective."""

import keras
from keras import ops

from keras_san.losses.adversarial_loss import AdversarialLoss


@keras.saving.register_keras_serializable(package="keras_san")
class Hinge(AdversarialLoss):
    """Hinge objective, the usual choice with spectral normalisation.

    The default of the library.

    Formula, `r` and `f` the scores of real and fake images, each term a mean over the batch:
    ```
    discriminator: relu(1 - r) + relu(1 + f)
    direction:     -r + f
    generator:     -f
    ```

    Args:
        normalize_weights: bool, see `keras_san.losses.AdversarialLoss`. Defaults to `False`.

    Example:
    ```python
    import numpy as np
    from keras_san.losses import Hinge

    real, fake = np.array([[2.0], [0.5]]), np.array([[-2.0], [0.5]])
    Hinge().discriminator(real, fake)
    ```

    Reference: Lim and Ye, "Geometric GAN", 2017; SAN form as in the authors' code.
    """

    def generator_terms(self, fake):
        """`-f`."""
        return -fake

    def generator_slope(self, scores):
        """One."""
        return ops.ones_like(scores)

    def real_terms(self, real):
        """`relu(1 - r)`."""
        return ops.relu(1.0 - real)

    def fake_terms(self, fake):
        """`relu(1 + f)`."""
        return ops.relu(1.0 + fake)
