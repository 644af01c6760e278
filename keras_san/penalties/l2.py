"""L2 penalty."""

import keras
from keras import ops

from keras_san.penalties.kernels import kernels
from keras_san.penalties.penalty import Penalty, check_player


@keras.saving.register_keras_serializable(package="keras_san")
class L2(Penalty):
    """Draws the kernels of a player to zero.

    SAN directions, embeddings, biases and gains are left alone.

    Formula:
    ```
    weight * sum over kernels ||W||^2
    ```

    Args:
        weight: float. Defaults to `1e-4`.
        player: `"discriminator"`, `"generator"` or `"both"`. Defaults to `"discriminator"`.
        name: string, its name in the logs. Defaults to `"l2"`.
        interval: int, see `keras_san.penalties.Penalty`. Defaults to `1`.

    Raises:
        ValueError: if the player is unknown.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile(loss="hinge", penalties=[keras_san.penalties.L2(1e-3)])
    ```

    Reference: Kurach et al., "A Large-Scale Study on Regularization and Normalization in GANs",
    ICML 2019, section 2.2.
    """

    default_name = "l2"

    def __init__(self, weight=1e-4, player="discriminator", name=None, interval=1):
        super().__init__(weight, name, interval)
        self.player = check_player(player)

    def term(self, update):
        """The weighted penalty, a scalar."""
        return self.weight * sum(
            ops.sum(ops.square(ops.cast(kernel, "float32"))) for kernel in kernels(update.network)
        )

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {"player": self.player}
