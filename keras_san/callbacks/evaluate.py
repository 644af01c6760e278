"""Measures of the averaged generator, as training goes on."""

from pathlib import Path

from keras_san import backend
from keras_san.callbacks.every_images import EveryImages, images_seen
from keras_san.metrics.evaluation import Evaluation
from keras_san.presets.layout import CONFIG, read_config


class Evaluate(EveryImages):
    """Measures the averaged generator every so many images, logs it, and keeps the best weights.

    The values stand in the logs of every epoch that follows, as `val_` and the name of the result,
    such as `val_kid_effnetlite0_2k_train`: put this callback before `EarlyStopping`,
    `ModelCheckpoint(save_best_only=True)`, `CSVLogger` and `keras_san.callbacks.StatsLog` in the
    list, and give those `monitor=evaluate.monitor, mode=evaluate.mode`. The first measurement
    is made at the end of the first epoch at the latest; in the epochs between two measurements the
    newer one is repeated. What is needed of the real images is computed once.

    Args:
        measures: names of `keras_san.metrics.measures()`, a sequence or a string with commas. The
            first value of the first one is the one to be best at.
        every_images: int, number of real images between two measurements.
        real: the real images, as for `keras_san.metrics.Evaluation`.
        count: int, images of each kind. Defaults to `2000`.
        keep_best: str or path, a folder that keeps the model with the best value as a preset, or
            `None`. A best one that lies there is only replaced by a better one. Defaults to `None`.
        total_images: int, the `images_seen` at which training is complete: that model is measured
            in any case. `None` where `fit` runs to its end; a `fit` that is stopped ends without
            a measurement. Defaults to `None`.
        save_options: function without arguments that returns further arguments of
            `keras_san.presets.save_preset` for the best model, such as `data`. Defaults to `None`.
        **options: `extractor`, `held_out`, `split`, `seed`, `batch_size` and `cache` of
            `keras_san.metrics.Evaluation`.

    Raises:
        ValueError: if an argument is wrong; out of `fit`, if `keep_best` holds something else.

    Example:

    ```python
    import keras
    import keras_san

    photos = keras_san.data.sample(image_size=32)
    evaluate = keras_san.callbacks.Evaluate(
        "kid", 50_000, photos, count=500, extractor="fashionmnistclassifier"
    )
    stop = keras.callbacks.EarlyStopping(evaluate.monitor, patience=5, mode=evaluate.mode)
    # model.fit(photos, epochs=100, callbacks=[evaluate, stop])
    ```
    """

    def __init__(
        self,
        measures,
        every_images,
        real,
        count=2000,
        keep_best=None,
        total_images=None,
        save_options=None,
        **options,
    ):
        super().__init__(every_images)
        self.total_images = total_images
        self.evaluation = Evaluation(real, measures, count, **options)
        self.keep_best = None if keep_best is None else Path(keep_best)
        self.save_options = save_options or (lambda: {})
        self.results = []
        self.measured_at = None
        self.best = None

    @property
    def monitor(self):
        """The name of the first value in the logs."""
        return f"val_{self.evaluation.names()[0]}"

    @property
    def mode(self):
        """`"min"` or `"max"`, as Keras's callbacks take it."""
        return "min" if self.evaluation.measures[0].lower_is_better else "max"

    def metrics(self):
        """The newest values by name, as `save_preset` takes them."""
        return {
            result.name: {"value": result.value, "protocol": result.protocol.description()}
            for result in self.results
        }

    def is_current(self):
        """Whether the newest values are those of the model as it is now."""
        return self.measured_at == images_seen(self.model)

    def on_train_begin(self, logs=None):
        """Looks for a best model that an earlier run has kept."""
        super().on_train_begin(logs)
        self.evaluation.check(self.model)
        if self.keep_best is not None and (self.keep_best / CONFIG).exists():
            name = self.monitor.removeprefix("val_")
            kept = read_config(self.keep_best)["metrics"]
            if name not in kept:
                raise ValueError(
                    f"'{self.keep_best}' holds a model without a value of {name!r}, which would "
                    "be overwritten. Give another folder to keep_best."
                )
            self.best = kept[name]["value"]

    def _begin(self):
        super()._begin()
        self.results, self.measured_at, self.best = [], None, None

    def on_epoch_end(self, epoch, logs=None):
        """Measures when it is time, and adds the newest values to the logs."""
        super().on_epoch_end(epoch, logs)
        is_first = not self.results and not self.model.stop_training
        if is_first or (self._is_complete() and not self.is_current()):
            self._act()
        if logs is not None:
            logs.update({f"val_{result.name}": result.value for result in self.results})

    def on_train_end(self, logs=None):
        """Measures a last time, but not where training was stopped: that must not take long."""
        if not self.model.stop_training:
            super().on_train_end(logs)

    def act(self, images_seen):
        """Measures, and saves the model if it is the best so far."""
        self.results = self.evaluation.of(self.model)
        self.measured_at = images_seen
        value = self.results[0].value
        if self.keep_best is None or not self._is_better(value):
            return
        self.best = value
        if backend.process_index() > 0:
            # The first process writes for all.
            return
        options = {"name": self.keep_best.resolve().name, **self.save_options()}
        self.model.save_preset(self.keep_best, metrics=self.metrics(), **options)

    def _is_complete(self):
        return self.total_images is not None and images_seen(self.model) >= self.total_images

    def _is_better(self, value):
        if self.best is None:
            return True
        return value < self.best if self.mode == "min" else value > self.best
