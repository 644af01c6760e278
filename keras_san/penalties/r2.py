"""R2 penalty."""

import keras
from keras import ops

from keras_san.penalties.gradient_norms import squared_gradient_norms
from keras_san.penalties.penalty import Penalty


@keras.saving.register_keras_serializable(package="keras_san")
class R2(Penalty):
    """Draws the discriminator's gradient at generated images to zero.

    Use it beside `keras_san.penalties.R1`, above all with `keras_san.losses.Relativistic`.

    Formula:
    ```
    weight / 2 * mean ||d score(fake) / d fake||^2
    ```

    Args:
        weight: float, the paper's gamma. Defaults to `10.0`.
        name: string, its name in the logs. Defaults to `"r2"`.
        interval: int, see `keras_san.penalties.Penalty`. Defaults to `1`.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile(loss="relativistic", penalties=["r1:1", "r2:1"])
    ```

    Reference: Mescheder et al., "Which Training Methods for GANs do actually Converge?", ICML
    2018, equation 10.
    """

    default_name = "r2"

    def __init__(self, weight=10.0, name=None, interval=1):
        super().__init__(weight, name, interval)

    def __call__(self, score, real, fake, seed=None):
        """The weighted penalty, a scalar; see the class."""
        return 0.5 * self.weight * ops.mean(squared_gradient_norms(score, fake))
