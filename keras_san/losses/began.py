"""Boundary equilibrium objective."""

import keras
from keras import ops

from keras_san import backend
from keras_san.losses.wasserstein import Wasserstein


@keras.saving.register_keras_serializable(package="keras_san")
class BEGAN(Wasserstein):
    """Boundary equilibrium: the discriminator is an auto-encoder, its score how well it copies.

    The score of an image `x` is `-L(x)`, `L` the mean absolute error of its reconstruction; build
    the discriminator with `head="auto_encoder"`. The share `k` of the fake term is steered so that
    both players keep up, and is saved with the model. The logs show `k` and `convergence`, which
    falls as training goes well.

    There is no linear head here, hence no direction: a discriminator with a SAN head is refused.

    Formula, `r` and `f` the scores of real and fake images, each term a mean over the batch:
    ```
    discriminator: -r + k f
    generator:     -f
    k            <- clip(k + rate * (ratio * (-r) - (-f)), 0, 1)
    convergence:   -r + |ratio * (-r) - (-f)|
    ```

    Args:
        ratio: float in `(0, 1]`, the paper's gamma: lower is less diverse and sharper. Defaults to
            `0.5`.
        rate: float, the paper's lambda. Defaults to `0.001`.

    Raises:
        ValueError: if the ratio is out of range.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4, head="auto_encoder")
    model.compile(loss=keras_san.losses.BEGAN(ratio=0.7))
    ```

    Reference: Berthelot et al., "BEGAN", 2017, equations 5 and 6; Adam 1e-4, batch 16.
    """

    needs_reconstruction = True
    log_names = ("balance", "convergence")

    def __init__(self, ratio=0.5, rate=0.001):
        super().__init__()
        if not 0.0 < ratio <= 1.0:
            raise ValueError(f"`ratio` must be in (0, 1]. Received: ratio={ratio!r}")
        self.ratio = ratio
        self.rate = rate
        self._balance = backend.running_number(0.0, "balance")

    @property
    def variables(self):
        """The balance `k`."""
        return [self._balance]

    def discriminator(self, real, fake):
        """`-r + k f`."""
        return self._balance * ops.mean(fake) - ops.mean(real)

    def direction(self, real, fake):
        """Refused: the scores come from no direction."""
        raise ValueError(
            "BEGAN scores images by their reconstruction, so a discriminator has no direction. "
            "Build it with head='auto_encoder'."
        )

    def observe(self, real, fake):
        """Moves the balance; returns it and the measure of convergence."""
        real, fake = (
            backend.all_mean(ops.stop_gradient(ops.mean(scores))) for scores in (real, fake)
        )
        error = -real
        gap = self.ratio * error + fake
        balance = ops.clip(self._balance + self.rate / self.parts * gap, 0.0, 1.0)
        self._balance.assign(balance)
        return {"balance": balance, "convergence": error + ops.abs(gap)}

    def get_config(self):
        """The arguments of the constructor."""
        return {"ratio": self.ratio, "rate": self.rate}
