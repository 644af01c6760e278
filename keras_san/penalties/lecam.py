"""LeCam regularisation."""

import keras
from keras import ops

from keras_san import backend
from keras_san.penalties.penalty import Penalty


@keras.saving.register_keras_serializable(package="keras_san")
class LeCam(Penalty):
    """Holds each kind's scores near the moving average of the other's, for little data.

    Formula, `R` and `F` the moving averages of the scores of real and generated images:
    ```
    weight * (mean (r - F)^2 + mean (f - R)^2)
    R <- decay * R + (1 - decay) * mean r        F <- decay * F + (1 - decay) * mean f
    ```
    The averages begin as plain means, are updated after the term, and are saved with the model.

    Args:
        weight: float. Defaults to `0.3`.
        decay: float in `[0, 1)`. Defaults to `0.99`.
        name: string, its name in the logs. Defaults to `"lecam"`.
        interval: int, see `keras_san.penalties.Penalty`. Defaults to `1`.

    Raises:
        ValueError: if the decay is out of range.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile(loss="hinge", penalties=[keras_san.penalties.LeCam(weight=0.1)])
    ```

    Reference: Tseng et al., "Regularizing Generative Adversarial Networks under Limited Data",
    CVPR 2021, equation 6.
    """

    default_name = "lecam"

    def __init__(self, weight=0.3, decay=0.99, name=None, interval=1):
        super().__init__(weight, name, interval)
        if not 0.0 <= decay < 1.0:
            raise ValueError(f"`decay` must be in [0, 1). Received: decay={decay!r}")
        self.decay = decay
        self._real, self._fake, self._count = (
            backend.running_number(0.0, f"lecam_{part}") for part in ("real", "fake", "count")
        )

    @property
    def variables(self):
        """The two averages, and over how many updates."""
        return [self._real, self._fake, self._count]

    def term(self, update):
        """The weighted penalty, a scalar; moves the averages."""
        real, fake = update.real_score, update.fake_score
        # Before the first update there is no average: the term begins as the batch's own.
        started = ops.cast(self._count > 0, "float32")
        real_mean, fake_mean = (
            backend.all_mean(ops.stop_gradient(ops.mean(scores))) for scores in (real, fake)
        )
        real_average = started * self._real + (1.0 - started) * real_mean
        fake_average = started * self._fake + (1.0 - started) * fake_mean
        decay = ops.minimum(self.decay ** (1.0 / self.parts), self._count / (self._count + 1.0))
        self._real.assign(decay * self._real + (1.0 - decay) * real_mean)
        self._fake.assign(decay * self._fake + (1.0 - decay) * fake_mean)
        self._count.assign_add(1.0)
        distance = ops.mean(ops.square(real - fake_average)) + ops.mean(
            ops.square(fake - real_average)
        )
        return self.weight * distance

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {"decay": self.decay}
