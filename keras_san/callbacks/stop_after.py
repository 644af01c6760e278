"""Training that ends after so many steps or minutes."""

import time

import keras


class StopAfter(keras.callbacks.Callback):
    """Ends `fit` after a number of steps or of minutes, whichever comes first.

    Use it where an epoch is not the unit: a budget of images or of time. The step that is
    running when the time is up is finished, and so are the callbacks of its epoch.

    Args:
        steps: int, exact number of steps of this `fit` (of calls of the train function, where
            `steps_per_execution` is more than 1). `None` for no limit. Defaults to `None`.
        minutes: float, wall-clock minutes from the end of the first step, whose compilation is
            not counted. `None` for no limit. Defaults to `None`.

    Raises:
        ValueError: if a limit is given that is not positive.

    Example:

    ```python
    import keras_san

    ten_minutes = keras_san.callbacks.StopAfter(minutes=10)
    ```
    """

    def __init__(self, steps=None, minutes=None):
        super().__init__()
        for name, value in (("steps", steps), ("minutes", minutes)):
            if value is not None and value <= 0:
                raise ValueError(f"{name} must be positive or None, got {value!r}.")
        self.steps = steps
        self.minutes = minutes
        self._steps_begun = 0
        self._deadline = None

    def on_train_begin(self, logs=None):
        """Starts to count."""
        self._steps_begun = 0
        self._deadline = None

    def on_train_batch_begin(self, batch, logs=None):
        """Makes the step that begins the last one when it is time."""
        self._steps_begun += 1
        if self.minutes is not None and self._steps_begun == 2:
            self._deadline = time.monotonic() + 60 * self.minutes
        steps_done = self.steps is not None and self._steps_begun >= self.steps
        time_is_up = self._deadline is not None and time.monotonic() >= self._deadline
        if steps_done or time_is_up:
            self.model.stop_training = True
