"""Least-squares objective."""

import keras
from keras import ops

from keras_san.losses.adversarial_loss import AdversarialLoss


@keras.saving.register_keras_serializable(package="keras_san")
class LeastSquares(AdversarialLoss):
    """Least-squares objective in the monotone form that SAN needs.

    The square of the original least squares is not monotone; the softplus makes it so.

    Formula, `r` and `f` the scores of real and fake images, each term a mean over the batch:
    ```
    discriminator: softplus(1 - r)^2 + softplus(f)^2
    direction:     softplus(1 - r)^2 - softplus(1 - f)^2
    generator:     softplus(1 - f)^2
    ```

    Args:
        normalize_weights: bool, see `keras_san.losses.AdversarialLoss`. Defaults to `False`.

    Example:
    ```python
    import numpy as np
    from keras_san.losses import LeastSquares

    real, fake = np.array([[2.0], [0.5]]), np.array([[-2.0], [0.5]])
    LeastSquares().discriminator(real, fake)
    ```

    Reference: Mao et al., "Least Squares GAN", ICCV 2017; Shibuya et al., "BigVSAN", 2024.
    """

    takes_label_noise = True

    def generator_terms(self, fake):
        """`softplus(1 - f)^2`."""
        return ops.square(ops.softplus(1.0 - fake))

    def generator_slope(self, scores):
        """`2 softplus(1 - f) sigmoid(1 - f)`."""
        return 2.0 * ops.softplus(1.0 - scores) * ops.sigmoid(1.0 - scores)

    def real_terms(self, real):
        """`softplus(1 - r)^2`."""
        return ops.square(ops.softplus(1.0 - real))

    def fake_terms(self, fake):
        """`softplus(f)^2`."""
        return ops.square(ops.softplus(fake))
