"""A learning rate that rises from zero."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_san")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """Lets a learning rate rise linearly from zero, then leaves it to itself.

    `TrainingScheme(warm_up_steps=...)` puts it around the discriminator's.

    Formula: `rate(step) * min(1, step / steps)`.

    Args:
        learning_rate: float, or a `keras.optimizers.schedules.LearningRateSchedule`.
        steps: int, the updates in which it rises.

    Call arguments:
        step: int or scalar tensor, the updates made so far.

    Returns:
        Scalar tensor, the learning rate.

    Example:
    ```python
    from keras_san.models.warm_up import WarmUp

    schedule = WarmUp(2e-4, 1000)
    float(schedule(250))  # 5e-05
    ```
    """

    def __init__(self, learning_rate, steps):
        super().__init__()
        if isinstance(learning_rate, dict):
            learning_rate = keras.optimizers.schedules.deserialize(learning_rate)
        self.learning_rate = learning_rate
        self.steps = steps

    def __call__(self, step):
        """The rate; see the class."""
        step = ops.cast(step, "float32")
        return self._without(step) * ops.minimum(1.0, step / self.steps)

    @property
    def full_rate(self):
        """The rate that the training would begin with, were it not for the warm-up."""
        return self._without(0)

    def _without(self, step):
        return self.learning_rate(step) if callable(self.learning_rate) else self.learning_rate

    def get_config(self):
        """The arguments of the constructor."""
        rate = self.learning_rate
        if callable(rate):
            rate = keras.optimizers.schedules.serialize(rate)
        return {"learning_rate": rate, "steps": self.steps}
