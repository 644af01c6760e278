"""Saturating (minimax) objective."""

import keras
from keras import ops

from keras_san.losses.adversarial_loss import AdversarialLoss


@keras.saving.register_keras_serializable(package="keras_san")
class Saturating(AdversarialLoss):
    """The minimax objective of the first GAN.

    Its generator learns slowly while the discriminator wins; see `NonSaturating`.

    Formula, `r` and `f` the scores of real and fake images, each term a mean over the batch:
    ```
    discriminator: softplus(-r) + softplus(f)
    direction:     -softplus(r) + softplus(f)
    generator:     -softplus(f)
    ```

    Args:
        normalize_weights: bool, see `keras_san.losses.AdversarialLoss`. Defaults to `False`.

    Example:
    ```python
    import numpy as np
    from keras_san.losses import Saturating

    real, fake = np.array([[2.0], [0.5]]), np.array([[-2.0], [0.5]])
    Saturating().discriminator(real, fake)
    ```

    Reference: Goodfellow et al., "Generative Adversarial Networks", 2014, equation 1.
    """

    takes_label_noise = True

    def generator_terms(self, fake):
        """`-softplus(f)`."""
        return -ops.softplus(fake)

    def generator_slope(self, scores):
        """`sigmoid(f)`."""
        return ops.sigmoid(scores)

    def real_terms(self, real):
        """`softplus(-r)`."""
        return ops.softplus(-real)

    def fake_terms(self, fake):
        """`softplus(f)`."""
        return ops.softplus(fake)
