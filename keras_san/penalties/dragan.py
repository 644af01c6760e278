"""DRAGAN penalty."""

import math

import keras
from keras import ops

from keras_san import backend
from keras_san.penalties.gradient_norms import distance_from_unit_length, squared_gradient_norms
from keras_san.penalties.penalty import Penalty, seed_or_new


@keras.saving.register_keras_serializable(package="keras_san")
class DRAGAN(Penalty):
    """Draws the discriminator's gradient to length one, around real images.

    Use it with `keras_san.losses.NonSaturating` or `Saturating`, in a discriminator without batch
    normalisation.

    Formula, `x = real + share * noise * std(real) * e`, `share` uniform in [0, 1] for each image,
    `e` for each value, `std` over the whole batch:
    ```
    weight * mean (||d score(x) / dx|| - 1)^2
    ```

    Args:
        weight: float. Defaults to `10.0`.
        noise: float, the strength of the perturbation. Defaults to `0.5`.
        name: string, its name in the logs. Defaults to `"dragan"`.
        interval: int, see `keras_san.penalties.Penalty`. Defaults to `1`.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile(loss="non_saturating", penalties=[keras_san.penalties.DRAGAN()])
    ```

    Reference: Kodali et al., "On Convergence and Stability of GANs", 2017, section 2.3; the
    perturbation is that of the authors' code.
    """

    default_name = "dragan"

    def __init__(self, weight=10.0, noise=0.5, name=None, interval=1):
        super().__init__(weight, name, interval)
        self.noise = noise

    def __call__(self, score, real, fake, seed=None):
        """The weighted penalty, a scalar; see the class."""
        shape = real.shape[1:]
        draws = backend.own_rows(
            lambda rows: keras.random.uniform((rows, 1 + math.prod(shape)), seed=seed_or_new(seed)),
            ops.shape(real)[0],
        )
        # One of each image for all its values together.
        noise = ops.reshape(draws[:, :1] * draws[:, 1:], (-1, *shape))
        mean = backend.all_mean(ops.mean(real))
        deviation = ops.sqrt(backend.all_mean(ops.mean(ops.square(real - mean))))
        noised = real + self.noise * deviation * ops.cast(noise, real.dtype)
        squares = squared_gradient_norms(score, noised)
        return self.weight * ops.mean(distance_from_unit_length(squares))

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {"noise": self.noise}
