"""R1 penalty."""

import keras
from keras import ops

from keras_san import backend
from keras_san.penalties.penalty import Penalty


@keras.saving.register_keras_serializable(package="keras_san")
class R1(Penalty):
    """Draws the discriminator's gradient at real images to zero.

    Use it with `keras_san.losses.NonSaturating`, in a discriminator without spectral
    normalisation.

    Formula:
    ```
    weight / 2 * mean ||d score(real) / d real||^2
    ```

    Args:
        weight: float, the paper's gamma. Defaults to `10.0`.
        name: string, its name in the logs. Defaults to `"r1"`.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile(loss="non_saturating", penalties=[keras_san.penalties.R1()])
    ```

    Reference: Mescheder et al., "Which Training Methods for GANs do actually Converge?", ICML
    2018, equation 9.
    """

    default_name = "r1"

    def __init__(self, weight=10.0, name=None):
        super().__init__(weight, name)

    def __call__(self, score, real, fake, seed=None):
        """The weighted penalty, a scalar; see the class."""
        gradient = ops.cast(backend.input_gradient(score, real), "float32")
        return 0.5 * self.weight * ops.mean(ops.sum(ops.square(gradient), axis=(1, 2, 3)))
