"""Path length regularisation."""

import keras
from keras import ops

from keras_san import backend
from keras_san.penalties.penalty import Penalty, seed_or_new


@keras.saving.register_keras_serializable(package="keras_san")
class PathLength(Penalty):
    """A step of the latents should change images by the same amount everywhere.

    It joins the generator's loss; the moving average of the length is saved with the model.

    Formula, `J = dG(z)/dz`, `y` normal noise in the shape of the images divided by the square root
    of their number of pixels, `a` the moving average of `||J^T y||`:
    ```
    weight * mean (||J^T y|| - a)^2            a <- a + decay * (mean ||J^T y|| - a)
    ```

    Args:
        weight: float. Defaults to `2.0`.
        decay: float in `(0, 1]`, how fast the average follows. Defaults to `0.01`.
        name: string, its name in the logs. Defaults to `"path_length"`.
        interval: int, see `keras_san.penalties.Penalty`. Defaults to `4`, the paper's.

    Raises:
        ValueError: if the decay is out of range.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile(loss="non_saturating", penalties=[keras_san.penalties.PathLength()])
    ```

    Reference: Karras et al., "StyleGAN2", CVPR 2020, equation 4; the average moves before it is
    used, as in the authors' code. Here the latents stand for the paper's intermediate ones.
    """

    default_name = "path_length"
    player = "generator"

    def __init__(self, weight=2.0, decay=0.01, name=None, interval=4):
        super().__init__(weight, name, interval)
        if not 0.0 < decay <= 1.0:
            raise ValueError(f"`decay` must be in (0, 1]. Received: decay={decay!r}")
        self.decay = decay
        self._average = backend.running_number(0.0, "path_length_average")

    @property
    def variables(self):
        """The average length."""
        return [self._average]

    def term(self, update):
        """The weighted penalty, a scalar; moves the average."""
        _, height, width, channels = update.fake.shape
        seed = seed_or_new(update.seed)
        noise = backend.own_rows(
            lambda rows: keras.random.normal((rows, height, width, channels), seed=seed),
            ops.shape(update.fake)[0],
        )
        noise = noise / (height * width) ** 0.5
        gradient = backend.input_gradient(
            lambda latents: ops.sum(update.generate(latents) * noise, axis=(1, 2, 3)),
            update.latents,
        )
        squares = ops.sum(ops.square(ops.cast(gradient, "float32")), axis=1)
        lengths = ops.sqrt(squares + 1e-12)
        average = self._average + self.decay / self.parts * (
            backend.all_mean(ops.stop_gradient(ops.mean(lengths))) - self._average
        )
        self._average.assign(average)
        return self.weight * ops.mean(ops.square(lengths - average))

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {"decay": self.decay}
