"""A non-finite loss stops training."""

import math

import keras

# In the order in which a step computes them; penalties, whose names vary, come in between.
_BEFORE_PENALTIES = ("discriminator_loss", "direction_loss")
_AFTER_PENALTIES = ("generator_loss", "real_score", "fake_score")
_NOT_LOSSES = ("direction_cosine", "images_seen", "images_per_second")


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

    Raises:
        NonFiniteLossError: out of `fit`, when a term in the logs is not finite.

    Example:

    ```python
    import keras_san

    health = keras_san.callbacks.TrainingHealth()
    ```
    """

    # Nothing but the logs is touched, so Keras may run this in its worker thread; it hands the
    # error on to `fit` a few steps later, and at the latest at the end of the epoch.
    async_safe = True

    def on_train_batch_end(self, batch, logs=None):
        """Looks at the logs of a step."""
        _check(logs or {})

    def on_epoch_end(self, epoch, logs=None):
        """Looks at the logs of an epoch, before other callbacks save anything."""
        _check(logs or {})


def _check(logs):
    bad = [name for name in _in_order_of_computation(logs) if not _is_finite(logs[name])]
    if not bad:
        return
    where = f" after {int(logs['images_seen']):,} images" if "images_seen" in logs else ""
    others = f" (then also: {', '.join(bad[1:])})" if bad[1:] else ""
    raise NonFiniteLossError(
        bad[0],
        f"Training stopped{where}: `{bad[0]}` is {logs[bad[0]]}{others}. Lower the learning "
        "rates, train in 'mixed_bfloat16' or 'float32' rather than 'mixed_float16', or weaken "
        "the penalties. The model in memory is lost; a state saved earlier by "
        "keras_san.callbacks.Checkpoint is whole: see `Checkpoint.restore`.",
    )


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
