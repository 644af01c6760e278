"""Least-squares objective as first published."""

import keras
from keras import ops

from keras_san.losses.least_squares import LeastSquares


@keras.saving.register_keras_serializable(package="keras_san")
class OriginalLeastSquares(LeastSquares):
    """The least-squares objective as first published, with targets 1 and 0.

    Use it to reproduce LSGAN. Its generator term is not monotone, so the general rule of SAN gives
    no direction: with a SAN head the direction takes the loss of
    `keras_san.losses.LeastSquares`, whose softplus makes it monotone. A new model does better with
    that objective altogether.

    Formula, `r` and `f` the scores of real and fake images, each term a mean over the batch:
    ```
    discriminator: (r - 1)^2 + f^2
    direction:     softplus(1 - r)^2 - softplus(1 - f)^2      (the surrogate)
    generator:     (f - 1)^2
    ```

    Args:
        normalize_weights: bool, see `keras_san.losses.AdversarialLoss`. Defaults to `False`.

    Example:
    ```python
    import numpy as np
    from keras_san.losses import OriginalLeastSquares

    real, fake = np.array([[2.0], [0.5]]), np.array([[-2.0], [0.5]])
    OriginalLeastSquares().discriminator(real, fake)
    ```

    Reference: Mao et al., "Least Squares Generative Adversarial Networks", ICCV 2017, equation 9.
    """

    def generator_terms(self, fake):
        """`(f - 1)^2`."""
        return ops.square(fake - 1.0)

    def direction_terms(self, scores):
        """`softplus(1 - f)^2`, the surrogate."""
        return super().generator_terms(scores)

    def real_terms(self, real):
        """`(r - 1)^2`."""
        return ops.square(real - 1.0)

    def fake_terms(self, fake):
        """`f^2`."""
        return ops.square(fake)
