"""Relativistic pairing objective."""

import keras
from keras import ops

from keras_san.losses.adversarial_loss import AdversarialLoss


@keras.saving.register_keras_serializable(package="keras_san")
class Relativistic(AdversarialLoss):
    """The relativistic pairing objective (RpGAN): each fake is judged beside one real image.

    It keeps modes that the other objectives lose; pair it with `keras_san.penalties.R1` and `R2`.

    A score alone has no loss here, so SAN's general rule is read pair by pair: the direction's
    loss is minus the generator's, whose gradient weights real and fake of a pair alike.

    Formula, `r` and `f` the scores of a pair, each term a mean over the batch:
    ```
    discriminator: softplus(f - r)
    direction:     -softplus(r - f)      (the surrogate)
    generator:     softplus(r - f)
    ```

    Example:
    ```python
    import numpy as np
    from keras_san.losses import Relativistic

    real, fake = np.array([[2.0], [0.5]]), np.array([[-2.0], [0.5]])
    Relativistic().generator(fake, real)
    ```

    Reference: Jolicoeur-Martineau, "The relativistic discriminator", ICLR 2019, section 4.2;
    Huang et al., "The GAN is dead; long live the GAN!", NeurIPS 2024, equation 2.
    """

    needs_real = True

    def __init__(self):
        super().__init__()

    def discriminator(self, real, fake):
        """`softplus(f - r)`."""
        return ops.mean(ops.softplus(fake - real))

    def generator(self, fake, real):
        """`softplus(r - f)`."""
        return ops.mean(ops.softplus(real - fake))

    def direction(self, real, fake):
        """`-softplus(r - f)`."""
        return -self.generator(fake, real)

    def get_config(self):
        """No arguments."""
        return {}
