"""Ctrl-C and SIGTERM end training after the step that is running."""

import os
import signal

import keras


class StopOnSignal(keras.callbacks.Callback):
    """Ends `fit` after the current step when the process gets SIGINT or SIGTERM.

    Use it as a context manager around `fit`, in the main thread, and as one of its callbacks. A
    second signal acts as it did before.

    Args:
        model: the `keras.Model` that will be trained.

    Example:

    ```python
    from keras_san.cli.stop_on_signal import StopOnSignal

    def train(model, dataset):
        with StopOnSignal(model) as stop:
            model.fit(dataset, callbacks=[stop])
        if stop.received:
            print("stopped by", stop.received.name)
    ```
    """

    def __init__(self, model):
        super().__init__()
        self.received = None
        self._training = model
        self._previous = {}

    def __enter__(self):
        """Takes the signals over."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *exception):
        """Gives the signals back."""
        while self._previous:
            signal.signal(*self._previous.popitem())

    def on_train_batch_begin(self, batch, logs=None):
        """Stops also where the signal came before `fit` looked."""
        if self.received is not None:
            self.model.stop_training = True

    def _receive(self, number, frame):
        self.received = signal.Signals(number)
        # Not by `print`, which a signal may have interrupted.
        os.write(2, b"\nstopping after this step or measure; once more to stop at once\n")
        # Not `self.model`: on JAX that would move the state of a step that is running.
        self._training.stop_training = True
        self.__exit__()
