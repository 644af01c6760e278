"""One training run of the command line: data, model, callbacks, and `fit` around them."""

import contextlib
import inspect
import os
import shlex
from pathlib import Path

import keras
import numpy as np
from absl import logging

from keras_san import __version__, backend, callbacks
from keras_san.backend.distribute import distribute
from keras_san.callbacks.every_images import images_seen
from keras_san.cli.objective import compile_model
from keras_san.cli.stop_on_signal import StopOnSignal
from keras_san.cli.training_checks import check_limit, check_options
from keras_san.cli.training_options import DEFAULTS, command_line
from keras_san.data.image_dataset import ImageDataset
from keras_san.data.load import NAMES, load
from keras_san.models import MovingAverage, architectures, build
from keras_san.models.warm_up import WarmUp
from keras_san.presets.layout import is_preset, read_config
from keras_san.presets.save import save_preset

# Minutes of a run below which measuring would take too much of it.
SHORTEST_MEASURED = 5.0
# Minutes of training that a kill may cost at most.
CHECKPOINT_MINUTES = 5.0


class Training:
    """Builds everything that the options ask for, and trains.

    Args:
        options: dict of the options of `keras-san train`, complete.
        resumed: `RunFolder` to go on with, or `None` for a new run. Defaults to `None`.

    Raises:
        ValueError: if an option has a value that cannot be.

    Example:

    ```python
    from keras_san.cli.training import Training
    from keras_san.cli.training_options import DEFAULTS

    training = Training({**DEFAULTS, "data": "sample", "width": 4})
    print(training.title())
    ```
    """

    def __init__(self, options, resumed=None):
        check_options(options)
        self.options = dict(options)
        if options["data"] not in NAMES:
            # A link is kept: what it leads to may move.
            self.options["data"] = os.path.abspath(Path(options["data"]).expanduser())
            if resumed is not None and not os.path.exists(self.options["data"]):
                raise ValueError(
                    f"The data of this run are no longer at {self.options['data']}. If they have "
                    "moved, name their place: --resume RUN --data PATH."
                )
        keras.config.set_dtype_policy(options["mixed_precision"])
        self._data = _open_data(self.options)
        with distribute(options["distribute"]):
            check_limit(options)
            keras.utils.set_random_seed(options["seed"])
            # The weights of a run that goes on are in its checkpoint.
            start = {} if resumed is None else {"initial_preset": None}
            self.model = _build_model(self.options | start, self._data)
        self._resolve()
        self.images_per_step = options["batch_size"] * self.model.discriminator_steps
        if self._data.num_images < self.images_per_step:
            raise ValueError(
                f"A step needs {self.images_per_step} images (--batch-size {options['batch_size']} "
                f"times {self.model.discriminator_steps} discriminator updates), but "
                f"{self.options['data']} holds {self._data.num_images}. Lower --batch-size."
            )
        if resumed is not None:
            self._restore(resumed)
        # Before there is a folder: what cannot be measured is to cost nothing.
        self._measured = self._evaluate()

    def title(self):
        """What the run folder is called after its number."""
        names = (self.options["model"], self._data.name, self.options["loss"])
        return "-".join(name.replace("/", "_").replace(" ", "_") for name in names)

    def command(self):
        """The command that trains this from the start."""
        return shlex.join(command_line(self.options))

    def description(self):
        """What options.json says."""
        height, width, channels = self.model.image_shape
        return {
            "command": self.command(),
            "options": self.options,
            "data": {
                "name": self._data.name,
                "sha256": self._data.sha256(),
                "num_images": self._data.num_images,
                "num_classes": self._data.num_classes,
                "class_names": list(self._data.class_names),
            },
            "model": {
                "image_shape": [height, width, channels],
                "generator_parameters": self.model.generator.count_params(),
                "discriminator_parameters": self.model.discriminator.count_params(),
                "images_per_step": self.images_per_step,
            },
            "versions": _versions(),
        }

    def run(self, folder):
        """Trains into `folder` and returns the exit status."""
        step = self.images_per_step
        steps_done = int(self.model.images_seen) // step
        steps = -(-self.options["images"] // step)
        if backend.process_index() == 0:
            print(f"run folder: {folder.path}")
        with folder.logs_to_file():
            if steps_done >= steps:
                logging.info("nothing to do: %s images were seen", f"{steps_done * step:,}")
                if backend.process_index() == 0 and not self._has_preset(folder):
                    # The run was killed between its last checkpoint and its preset.
                    self._save_preset(folder, measured=[])
                return 0
            measured = self._measured
            for evaluate in measured:
                self._keep_in(folder, evaluate)
            received = self._fit(folder, steps_done, steps, measured)
            if backend.process_index() > 0:
                return 128 + received if received else 0
            self._save_preset(folder, measured)
            logging.info("stopped after %s images", f"{int(self.model.images_seen):,}")
        if int(self.model.images_seen) < steps * step:
            print(f"To go on: keras-san train --resume {shlex.quote(str(folder.path))}")
        print(f"Images from it: keras-san generate --preset {shlex.quote(str(folder.path))}")
        return 128 + received if received else 0

    def _fit(self, folder, steps_done, steps, measured):
        total = steps * self.images_per_step
        tick = self._tick()
        every_images = tick * self.images_per_step
        stream = ImageDataset(
            self._data.source,
            batch_size=self.images_per_step,
            seed=self.options["seed"],
            mirror=self.options["mirror"],
            repeat=True,
            start_batch=steps_done,
        )
        first = -(-steps_done // tick)
        # Before the measures, which may fail or be killed as anything may.
        checkpoint = callbacks.Checkpoint(
            folder.checkpoints, every_images, every_minutes=CHECKPOINT_MINUTES, total_images=total
        )
        with (
            _saved_on_errors(checkpoint),
            StopOnSignal(self.model) as stop,
            callbacks.TrainingProgress(total_images=total) as progress,
        ):
            self.model.fit(
                stream,
                initial_epoch=first,
                epochs=first - (-(steps - steps_done) // tick),
                steps_per_epoch=tick,
                verbose=0,
                callbacks=[
                    stop,
                    callbacks.StopAfter(steps=steps - steps_done, minutes=self.options["minutes"]),
                    progress,
                    checkpoint,
                    *measured,
                    callbacks.StatsLog(folder.stats),
                    callbacks.ImageGrid(folder.path, every_images),
                ],
            )
        return stop.received

    def _tick(self):
        """Steps between two snapshots."""
        return max(1, round(self.options["snapshot_images"] / self.images_per_step))

    def _evaluate(self):
        """The callback that measures, in a list, which is empty where nothing is measured."""
        measures = self.options["measures"]
        if measures == "auto":
            minutes = self.options["minutes"]
            measures = "none" if minutes is not None and minutes < SHORTEST_MEASURED else "kid"
        if measures == "none":
            return []
        evaluate = callbacks.Evaluate(
            measures,
            self._tick() * self.images_per_step,
            self._data,
            count=self.options["measure_images"],
            total_images=-(-self.options["images"] // self.images_per_step) * self.images_per_step,
            split=self.options["split"],
        )
        evaluate.evaluation.check(self.model)
        return [evaluate]

    def _keep_in(self, folder, evaluate):
        """Gives what is measured its place in the run folder."""
        if backend.process_index() == 0:
            folder.set_aside_best_without(evaluate.monitor.removeprefix("val_"))
        evaluate.keep_best = folder.best
        evaluate.evaluation.cache = folder.real_statistics
        evaluate.save_options = lambda: self._facts(folder) | {"name": f"{folder.path.name}-best"}

    def _has_preset(self, folder):
        if not is_preset(folder.preset):
            return False
        return read_config(folder.preset)["images_seen"] == int(self.model.images_seen)

    def _save_preset(self, folder, measured):
        save_preset(
            self.model,
            folder.preset,
            name=folder.path.name,
            # Where training was stopped, the newest values are those of an earlier state.
            metrics=measured[0].metrics() if measured and measured[0].is_current() else None,
            **self._facts(folder),
        )

    def _facts(self, folder):
        """What a preset of this run says of its data, recipe and history."""
        # A recipe is for others: it names the data, not where they lie on this machine.
        options = self.options | {"data": self._data.name, "out": DEFAULTS["out"]}
        return {
            # Not hashed again: they are what the run was trained on.
            "data": folder.description()["data"],
            "history": folder.history(),
            "recipe": {
                "command": shlex.join(command_line(options)),
                "options": options,
                "images_seen": images_seen(self.model),
                "versions": _versions(),
            },
        }

    def _resolve(self):
        """Replaces what was left to the architecture by what it chose."""
        self.options |= {
            "loss": self.model.recipe.loss
            if self.options["loss"] == "auto"
            else self.options["loss"],
            "latent_dim": self.model.latent_dim,
            "discriminator_steps": self.model.discriminator_steps,
            "ema_half_life": _half_life(self.model.ema),
            "generator_learning_rate": _learning_rate(self.model.optimizer.generator),
            "discriminator_learning_rate": _learning_rate(self.model.optimizer.discriminator),
        }

    def _restore(self, folder):
        trained_on = folder.description()["data"]
        if trained_on["sha256"] != self._data.sha256():
            raise ValueError(
                f"{self.options['data']} is not what this run was trained on: its sha256 is "
                f"{self._data.sha256()}, options.json has {trained_on['sha256']}. Bring the "
                "data back, or start a new run."
            )
        restored = callbacks.Checkpoint.restore(self.model, folder.checkpoints)
        if self.options["images"] <= restored["images_seen"] - self.images_per_step:
            raise ValueError(
                f"--images {self.options['images']} is the number in all, of which this run has "
                f"seen {restored['images_seen']}. Give a larger one."
            )
        with folder.logs_to_file():
            logging.info("restored %s", restored["path"])
            if restored["backend"] != keras.backend.backend():
                logging.warning(
                    "the run was trained on %s and goes on with %s: its numbers will differ in "
                    "the last digits, its random numbers altogether",
                    restored["backend"],
                    keras.backend.backend(),
                )


@contextlib.contextmanager
def _saved_on_errors(checkpoint):
    """Saves what was trained where `fit` ends by an error of the data or of a measure."""
    try:
        yield
    except (ValueError, OSError):
        try:
            checkpoint.save_newest()
        except Exception as error:
            logging.warning("the last steps could not be saved: %s", error)
        raise


def _versions():
    return {
        "keras_san": __version__,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
    }


def _open_data(options):
    is_folder = options["data"] not in NAMES and Path(options["data"]).is_dir()
    labels = "none"
    if options["conditional"]:
        labels = "folder" if is_folder else "auto"
    dataset = load(
        options["data"],
        **({"on_error": options["on_error"]} if is_folder else {}),
        image_size=options["resolution"],
        batch_size=1,
        labels=labels,
        split=options["split"],
        color_mode=options["color_mode"],
        resize=options["resize"],
    )
    if options["conditional"] and not dataset.num_classes:
        raise ValueError(f"--conditional needs labels, but {options['data']} has none.")
    return dataset


def _build_model(options, dataset):
    # What is not given is left to the architecture.
    chosen = {
        name: options[name]
        for name in ("latent_dim", "discriminator_steps", "conditioning")
        if options[name] is not None
    }
    if options["ema_half_life"] is not None:
        chosen["ema"] = MovingAverage(options["ema_half_life"])
    chosen["discriminator_options"] = _own(
        options,
        "discriminator",
        ("feature_network", "feature_size", "minibatch_std_dev", "normalizer", "classes_alike"),
    )
    chosen["generator_options"] = _own(options, "generator", ("self_modulation", "classes_alike"))
    if options["generator_width"] is not None:
        chosen["generator_options"]["width"] = options["generator_width"]
    model = build(
        options["model"],
        dataset.image_shape,
        num_classes=dataset.num_classes,
        head=options["head"],
        width=options["width"],
        direction_weight=options["direction_weight"],
        **chosen,
    )
    compile_model(model, options)
    return model


def _own(options, network, names):
    """Those of these options that are given; a `ValueError` where the network has none such."""
    own = {name: options[name] for name in names if options[name]}
    constructor = getattr(architectures()[options["model"]], network).__init__
    for name in own.keys() - inspect.signature(constructor).parameters.keys():
        raise ValueError(f"--{name.replace('_', '-')} is not for --model {options['model']}.")
    return own


def _half_life(average):
    """The option that gives this average again: none where its recipe has a decay a step."""
    return average.half_life if average.fixed_decay is None else None


def _learning_rate(optimizer):
    schedule = getattr(optimizer, "inner_optimizer", optimizer)._learning_rate
    rate = schedule.full_rate if isinstance(schedule, WarmUp) else optimizer.learning_rate
    # float32 as people write it: 0.0002, not 0.00019999999494757503.
    return float(str(np.float32(keras.ops.convert_to_numpy(rate))))
