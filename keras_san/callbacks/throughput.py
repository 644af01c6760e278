"""Images a second in the logs."""

import time
from collections import deque

import keras

from keras_san.callbacks.every_images import images_seen


class Throughput(keras.callbacks.Callback):
    """Puts `images_per_second` into the logs, where later callbacks and `History` find it.

    `SANModel.fit` adds one by itself. After a step the value is taken over the last `window`
    steps by the wall clock, so the compilation of the first step is soon forgotten; after an
    epoch it is the mean over that epoch, without what other callbacks did between epochs.
    The images are counted by the `images_seen` of the logs, so nothing is read from the model
    while it trains.

    Args:
        window: int, number of steps to average over. Defaults to 50.

    Raises:
        ValueError: if `window` is less than 1.

    Example:

    ```python
    import keras_san

    throughput = keras_san.callbacks.Throughput(window=10)
    ```
    """

    # Nothing but the logs is touched, so Keras may run this in its worker thread.
    async_safe = True

    def __init__(self, window=50):
        super().__init__()
        if window < 1:
            raise ValueError(f"window must be at least 1 step, got {window!r}.")
        self.window = window
        self._marks = deque(maxlen=window + 1)
        self._epoch_mark = None

    def on_train_begin(self, logs=None):
        """Starts the clock."""
        self._marks.clear()
        self._mark(images_seen(self.model))

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the clock of the epoch."""
        self._epoch_mark = (time.perf_counter(), self._marks[-1][1])

    def on_train_batch_end(self, batch, logs=None):
        """Puts the rate of the last steps into `logs`."""
        if logs and "images_seen" in logs:
            self._mark(int(logs["images_seen"]))
            logs["images_per_second"] = _rate(self._marks[0], self._marks[-1])

    def on_epoch_end(self, epoch, logs=None):
        """Puts the rate of the epoch into `logs`."""
        if logs and "images_seen" in logs:
            now = (time.perf_counter(), int(logs["images_seen"]))
            logs["images_per_second"] = _rate(self._epoch_mark, now)

    def _mark(self, images):
        # Steps that end in worker threads may arrive in another order.
        if not self._marks or images > self._marks[-1][1]:
            self._marks.append((time.perf_counter(), images))


def _rate(start, end):
    seconds = end[0] - start[0]
    return (end[1] - start[1]) / seconds if seconds > 0 else 0.0
