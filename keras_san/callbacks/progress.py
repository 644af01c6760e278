"""The progress of a training run, for people."""

import sys
import time

import keras
from absl import logging
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from keras_san.callbacks.every_images import images_seen

# Between two lines of a run without a terminal, within an epoch.
QUIET_SECONDS = 300.0


class TrainingProgress(keras.callbacks.Callback):
    """Shows a progress bar with images, images a second, losses and the time left.

    The bar is drawn on a terminal only. After each epoch a line with the same facts goes to the
    absl log, and without a terminal every five minutes besides, so that run is told in plain
    lines. Use it as a context manager around `fit(verbose=0, ...)`, so that an error leaves the
    terminal in order.

    Args:
        total_images: int, the `images_seen` at which training will be complete.
        console: `rich.console.Console` to draw on. Defaults to a new one on the standard output.

    Example:

    ```python
    import keras_san

    def train(model, dataset):
        with keras_san.callbacks.TrainingProgress(total_images=100_000) as progress:
            model.fit(dataset, epochs=3, verbose=0, callbacks=[progress])
    ```
    """

    # rich locks its own state, so Keras may run this in its worker threads. They take the steps
    # in any order: the bar only moves forward.
    async_safe = True

    def __init__(self, total_images, console=None):
        super().__init__()
        self.total_images = int(total_images)
        self.console = console or Console()
        self._bar = None
        self._task = None
        self._shown = 0
        self._log_stream = None
        self._told_at = None

    def __enter__(self):
        """Returns itself."""
        return self

    def __exit__(self, *exception):
        """Takes the bar down."""
        self._stop()

    def on_train_begin(self, logs=None):
        """Draws the bar."""
        self._told_at = time.monotonic()
        if not self.console.is_terminal:
            return
        self._bar = Progress(
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} images"),
            BarColumn(),
            TextColumn("{task.fields[facts]}"),
            TimeRemainingColumn(),
            console=self.console,
        )
        self._shown = images_seen(self.model)
        self._task = self._bar.add_task(
            "train", total=self.total_images, completed=self._shown, facts=""
        )
        self._bar.start()
        # The bar has taken over the standard error, so that what is written there goes above it;
        # absl's handler still holds the old one.
        self._log_stream = logging.get_absl_handler().python_handler.setStream(sys.stderr)

    def on_train_batch_end(self, batch, logs=None):
        """Moves the bar on, or writes a line to the log when it is time."""
        if not logs or logs.get("images_seen", 0) <= self._shown:
            return
        if self._bar is not None:
            self._show(logs["images_seen"], logs)
        elif time.monotonic() - self._told_at >= QUIET_SECONDS:
            self._tell(int(logs["images_seen"]), logs)

    def on_epoch_end(self, epoch, logs=None):
        """Writes a line to the log."""
        seen = images_seen(self.model)
        if self._bar is not None:
            self._show(seen, logs or {})
        self._tell(seen, logs or {})

    def on_train_end(self, logs=None):
        """Takes the bar down."""
        self._stop()

    def _show(self, images, logs):
        self._shown = images
        self._bar.update(self._task, completed=images, facts=_facts(logs))

    def _tell(self, images, logs):
        self._shown = images
        self._told_at = time.monotonic()
        line = f"{images:,} of {self.total_images:,} images, {_facts(logs)}"
        rate = logs.get("images_per_second")
        if rate and images < self.total_images:
            line += f", {_duration((self.total_images - images) / rate)} left"
        logging.info("%s", line)

    def _stop(self):
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
            if self._log_stream is not None:
                logging.get_absl_handler().python_handler.setStream(self._log_stream)


def _facts(logs):
    facts = []
    if "images_per_second" in logs:
        facts.append(f"{logs['images_per_second']:,.0f} images/s")
    for name, short in (("discriminator_loss", "D"), ("generator_loss", "G")):
        if name in logs:
            facts.append(f"{short} {logs[name]:.3f}")
    if "direction_cosine" in logs:
        facts.append(f"cosine {logs['direction_cosine']:.3f}")
    return "  ".join(facts)


def _duration(seconds):
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
