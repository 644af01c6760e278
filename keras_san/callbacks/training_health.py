"""A non-finite loss stops training."""

import math
import threading
import time

import keras
from absl import logging

# In the order in which a step computes them; penalties, whose names vary, come in between.
_BEFORE_PENALTIES = ("discriminator_loss", "direction_loss")
_AFTER_PENALTIES = ("generator_loss", "real_score", "fake_score")
_NOT_LOSSES = ("direction_cosine", "images_seen", "images_per_second")
# The mean of an epoch: such a distance between the scores, and a loss that says all is told apart.
_RUNAWAY_DISTANCE, _RUNAWAY_LOSS = 100.0, 0.5


class NonFiniteLossError(RuntimeError):
    """Training met a loss that is not a number or is infinite.

    Raised by `TrainingHealth` out of `fit`. Catch it to train again with other settings.

    Args:
        term: str, the name of the first bad term in the logs.
        message: str, what happened and what to do.

    Example:

    ```python
    import keras_san

    def train(model, images):
        try:
            model.fit(images, epochs=10)
        except keras_san.callbacks.NonFiniteLossError as error:
            print("gone bad:", error.term)
    ```
    """

    def __init__(self, term, message):
        super().__init__(message)
        self.term = term


class TrainingHealth(keras.callbacks.Callback):
    """Stops training with an error when a loss is not finite, and names the first bad term.

    `SANModel.fit` adds one by itself. Terms are looked at in the order in which a step computes
    them: the discriminator's loss, the direction's, penalties, the generator's loss. What
    `Checkpoint` wrote before stays on disk.

    A discriminator that tells everything apart, with scores of real and generated images more than
    100 from each other in the mean of an epoch, is reported once in the absl log: a generator
    seldom comes back from that.

    Raises:
        NonFiniteLossError: out of `fit`, when a term in the logs is not finite.

    Example:

    ```python
    import keras_san

    health = keras_san.callbacks.TrainingHealth()
    ```
    """

    # Nothing but the logs is touched, so Keras may run this in its worker threads. They take the
    # steps in any order: the main thread waits for all of them before it names the first.
    async_safe = True

    def __init__(self):
        super().__init__()
        self._lock = threading.Lock()
        self._begun = self._seen = 0
        self._errors = {}
        self._warned = False

    def on_train_begin(self, logs=None):
        """Forgets what an earlier `fit` left."""
        self._begun = self._seen = 0
        self._errors = {}

    def on_train_batch_begin(self, batch, logs=None):
        """Stops training if an earlier step was bad."""
        if self._errors:
            # Not for ever: another callback's error may have ended a worker before its turn here.
            patience = time.monotonic() + 10.0
            while self._seen < self._begun and time.monotonic() < patience:
                time.sleep(0.001)
            self._raise()
        self._begun += 1

    def on_train_batch_end(self, batch, logs=None):
        """Looks at the logs of a step."""
        error = _error(logs or {})
        with self._lock:
            self._seen += 1
            if error is not None:
                self._errors[batch] = error

    def on_epoch_end(self, epoch, logs=None):
        """Looks at the logs of an epoch, before other callbacks save anything."""
        self._raise()
        error = _error(logs or {})
        if error is not None:
            raise error
        if not self._warned and _has_run_away(logs or {}):
            self._warned = True
            logging.warning(
                "The discriminator has run away from the generator: real images score %.0f, "
                "generated ones %.0f, and its loss is %.2g. Start again with a warm-up of its "
                "learning rate (TrainingScheme(warm_up_steps=1500), --warm-up-images 100000) or "
                "a lower one.",
                logs["real_score"],
                logs["fake_score"],
                logs["discriminator_loss"],
            )

    def _raise(self):
        if self._errors:
            raise self._errors[min(self._errors)]


def _error(logs):
    """The error that a step's logs call for, or None."""
    bad = [name for name in _in_order_of_computation(logs) if not _is_finite(logs[name])]
    if not bad:
        return None
    where = f" after {int(logs['images_seen']):,} images" if "images_seen" in logs else ""
    others = f" (then also: {', '.join(bad[1:])})" if bad[1:] else ""
    return NonFiniteLossError(
        bad[0],
        f"Training stopped{where}: `{bad[0]}` is {logs[bad[0]]}{others}. Lower the learning "
        "rates, train in 'mixed_bfloat16' or 'float32' rather than 'mixed_float16', or weaken "
        "the penalties; on JAX a label out of range gives NaN too. The model in memory is lost; a "
        "state saved earlier by "
        "keras_san.callbacks.Checkpoint is whole: see `Checkpoint.restore`.",
    )


def _has_run_away(logs):
    if not {"real_score", "fake_score", "discriminator_loss"} <= logs.keys():
        return False
    distance = abs(logs["real_score"] - logs["fake_score"])
    # A Wasserstein loss is minus the distance: there a large one is no sign.
    return distance > _RUNAWAY_DISTANCE and 0.0 <= logs["discriminator_loss"] < _RUNAWAY_LOSS


def _in_order_of_computation(logs):
    losses = [name for name in logs if name not in _NOT_LOSSES and not name.startswith("val_")]
    penalties = [name for name in losses if name not in _BEFORE_PENALTIES + _AFTER_PENALTIES]
    ordered = [*_BEFORE_PENALTIES, *penalties, *_AFTER_PENALTIES]
    return [name for name in ordered if name in logs]


def _is_finite(value):
    try:
        return math.isfinite(value)
    except TypeError:
        return True
