"""Gradient penalty of WGAN-GP."""

import keras
from keras import ops

from keras_san import backend
from keras_san.penalties.gradient_norms import distance_from_unit_length, squared_gradient_norms
from keras_san.penalties.penalty import Penalty, seed_or_new


@keras.saving.register_keras_serializable(package="keras_san")
class GradientPenalty(Penalty):
    """Draws the critic's gradient to length one, between real and generated images.

    Use it with `keras_san.losses.Wasserstein`, in a critic without batch normalisation.

    Formula, `x = e real + (1 - e) fake`, `e` uniform in [0, 1] for each pair:
    ```
    weight * mean (||d score(x) / dx|| - 1)^2
    ```

    Args:
        weight: float. Defaults to `10.0`.
        name: string, its name in the logs. Defaults to `"gradient_penalty"`.
        interval: int, see `keras_san.penalties.Penalty`. Defaults to `1`.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile(loss="wasserstein", penalties=[keras_san.penalties.GradientPenalty()])
    ```

    Reference: Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS 2017, equation 3.
    """

    default_name = "gradient_penalty"

    def __init__(self, weight=10.0, name=None, interval=1):
        super().__init__(weight, name, interval)

    def __call__(self, score, real, fake, seed=None):
        """The weighted penalty, a scalar; see the class."""
        share = backend.own_rows(
            lambda rows: keras.random.uniform((rows, 1, 1, 1), seed=seed_or_new(seed)),
            ops.shape(real)[0],
        )
        share = ops.cast(share, real.dtype)
        mixed = share * real + (1.0 - share) * ops.cast(fake, real.dtype)
        squares = squared_gradient_norms(score, mixed)
        return self.weight * ops.mean(distance_from_unit_length(squares))
