"""Orthogonal regularisation."""

import keras
from keras import ops

from keras_san.penalties.kernels import kernels
from keras_san.penalties.penalty import Penalty, check_player


@keras.saving.register_keras_serializable(package="keras_san")
class Orthogonal(Penalty):
    """Draws the filters of every kernel to right angles and leaves their lengths alone.

    BigGAN puts it on the generator, which then bears truncated latents better. SAN directions,
    embeddings, biases and gains are left alone.

    Formula, `W` a kernel as a matrix of one column an output, `I` the identity:
    ```
    weight * sum over kernels ||W^T W * (1 - I)||^2
    ```
    The authors' code applies half of this term's gradient.

    Args:
        weight: float, the paper's beta. Defaults to `1e-4`.
        player: `"discriminator"`, `"generator"` or `"both"`. Defaults to `"generator"`.
        name: string, its name in the logs. Defaults to `"orthogonal"`.
        interval: int, see `keras_san.penalties.Penalty`. Defaults to `1`.

    Raises:
        ValueError: if the player is unknown.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile(loss="hinge", penalties=[keras_san.penalties.Orthogonal()])
    ```

    Reference: Brock et al., "Large Scale GAN Training", ICLR 2019, equation 3.
    """

    default_name = "orthogonal"

    def __init__(self, weight=1e-4, player="generator", name=None, interval=1):
        super().__init__(weight, name, interval)
        self.player = check_player(player)

    def term(self, update):
        """The weighted penalty, a scalar."""
        # Their kernels are (rows, columns, out, in).
        transposed = {
            id(layer.kernel)
            for layer in update.network._flatten_layers()
            if isinstance(layer, keras.layers.Conv2DTranspose)
        }
        return self.weight * sum(
            _off_diagonal(
                ops.transpose(kernel, (0, 1, 3, 2)) if id(kernel) in transposed else kernel
            )
            for kernel in kernels(update.network)
        )

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {"player": self.player}


def _off_diagonal(kernel):
    columns = kernel.shape[-1]
    matrix = ops.reshape(ops.cast(kernel, "float32"), (-1, columns))
    if columns > matrix.shape[0]:
        # The products of the rows have the same sum of squares and are far fewer. Subtracting
        # loses no digits: so many columns cannot all be at right angles.
        products = ops.matmul(matrix, ops.transpose(matrix))
        lengths = ops.sum(ops.square(matrix), axis=0)
        return ops.sum(ops.square(products)) - ops.sum(ops.square(lengths))
    products = ops.matmul(ops.transpose(matrix), matrix)
    return ops.sum(ops.square(products * (1.0 - ops.eye(columns))))
