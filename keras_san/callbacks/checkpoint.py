"""The full state of training on disk."""

import json
import os
import time
import warnings
import zipfile
import zlib
from pathlib import Path

import keras
import numpy as np

from keras_san import backend
from keras_san.callbacks.every_images import EveryImages, images_seen

_FORMAT = 1
_UNREADABLE = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error)
# A damaged flag or version of the archive reads as encrypted, or as a format yet to come.
_UNREADABLE += (RuntimeError, NotImplementedError)


class NonFiniteStateError(RuntimeError):
    """A state with a value that is not finite was not saved.

    Raised by `Checkpoint`; the files that it wrote earlier are untouched.

    Example:

    ```python
    import keras_san

    error = keras_san.callbacks.NonFiniteStateError("not saved: `dense/kernel` is not finite")
    ```
    """


class Checkpoint(EveryImages):
    """Saves the full state of training every so many images or minutes, and when training ends.

    Use it where training may be killed. A file holds every variable of the model (weights,
    moving average, spectral-norm vectors, seeds, `images_seen`) and of its optimizers, so that
    to train, save, restore in a fresh process and train on equals training without a stop, bit
    for bit on the same backend, as long as the data go on too (`start_batch` of
    `keras_san.data`). On another backend the restored values are the same bits, but random
    numbers and the order of sums differ from there on. What is not held: random numbers drawn
    outside Keras layers, such as the shuffling of arrays given to `fit`.

    Files are `checkpoint_000123456.npz` by images seen: plain arrays, no pickle. Each is written
    beside its place, flushed to disk and moved into it, so a kill leaves the earlier ones whole.

    Args:
        directory: str or path, the folder of the checkpoints, made where missing.
        every_images: int, number of real images between two checkpoints.
        keep: int, how many of the newest files to keep. Defaults to 2.
        every_minutes: float, wall-clock minutes without a checkpoint after which one is written
            besides, which bounds what a kill can cost where images are slow. `None` for no
            bound. Defaults to `None`.
        total_images: int, the `images_seen` at which training is complete: that state is saved as
            soon as the epoch ends, before the callbacks behind this one measure it. Defaults to
            `None`.

    Raises:
        ValueError: if `every_images` or `keep` is not a positive integer, or `every_minutes` not
            positive; out of `fit`, if the directory holds a state that is ahead of the model.
        NonFiniteStateError: out of `fit`, instead of saving a state that is not finite.

    Example:

    ```python
    import keras_san

    def train(model, dataset, directory="runs/first/checkpoints"):
        if keras_san.callbacks.Checkpoint.files(directory):
            keras_san.callbacks.Checkpoint.restore(model, directory)
        checkpoint = keras_san.callbacks.Checkpoint(directory, every_images=50_000)
        model.fit(dataset, epochs=10, callbacks=[checkpoint])
    ```
    """

    def __init__(self, directory, every_images, keep=2, every_minutes=None, total_images=None):
        super().__init__(every_images)
        if keep < 1:
            raise ValueError(f"keep must be at least 1 file, got {keep!r}.")
        if every_minutes is not None and every_minutes <= 0:
            raise ValueError(f"every_minutes must be positive or None, got {every_minutes!r}.")
        self.directory = Path(directory)
        self.keep = int(keep)
        self.every_minutes = every_minutes
        self.total_images = total_images
        self._saved_at = None

    def on_train_begin(self, logs=None):
        """Refuses to start behind a state that is already there."""
        super().on_train_begin(logs)
        self._saved_at = time.monotonic()
        here = images_seen(self.model)
        for path in self.files(self.directory):
            if _images_in(path) > here and _is_readable(path):
                raise ValueError(
                    f"{path} was saved after {_images_in(path):,} images, but this model has seen "
                    f"{here:,}: its checkpoints would get lost among the old ones. Restore it with "
                    "`Checkpoint.restore`, give another directory, or remove the file."
                )

    def on_epoch_end(self, epoch, logs=None):
        """Saves when it is time, and what is complete."""
        super().on_epoch_end(epoch, logs)
        if self.total_images is not None and images_seen(self.model) >= self.total_images:
            self.save_newest()

    def save_newest(self):
        """Saves the state of the model unless this callback has just saved it.

        Use it where `fit` may end without `on_train_end`, as by an error of the data.
        """
        if images_seen(self.model) not in map(_images_in, self.files(self.directory)):
            self._act()

    def _act_when_due(self):
        super()._act_when_due()
        if self.every_minutes is None or self._images_seen == self._last_act:
            return
        if time.monotonic() - self._saved_at >= 60 * self.every_minutes:
            # The count of images goes on: its checkpoints fall where they would without this one.
            self.act(images_seen(self.model))

    def act(self, images_seen):
        """Saves the state and removes files beyond the newest `keep`."""
        self._saved_at = time.monotonic()
        if backend.process_index() > 0:
            # The first process writes for all: they hold the same state.
            return
        self.save(self.model, self.directory)
        saved = self.files(self.directory)
        # What lies ahead of this state could not be read when training began.
        kept = [path for path in saved if _images_in(path) <= images_seen][: self.keep]
        for path in [*saved, *self.directory.glob("checkpoint_*.npz.tmp")]:
            if path not in kept:
                path.unlink(missing_ok=True)

    @staticmethod
    def files(directory):
        """Lists the checkpoints in `directory`, the newest first.

        Args:
            directory: str or path, a folder, which may be missing.

        Returns:
            List of `pathlib.Path`.
        """
        found = Path(directory).glob("checkpoint_*.npz")
        # A copy that a user keeps there, such as checkpoint_000123456_good.npz, is not ours.
        found = [path for path in found if path.stem.removeprefix("checkpoint_").isdecimal()]
        return sorted(found, key=_images_in, reverse=True)

    @staticmethod
    def save(model, directory):
        """Saves the state of `model` now.

        Args:
            model: compiled `keras_san.SANModel`.
            directory: str or path, the folder to write into, made where missing.

        Returns:
            `pathlib.Path` of the file written.

        Raises:
            ValueError: if the model is not compiled.
            NonFiniteStateError: if a value is not finite; nothing is written then.
        """
        variables = _state(model)
        values = [_to_numpy(variable) for variable in variables]
        for variable, value in zip(variables, values, strict=True):
            if value.dtype.kind == "f" and not np.isfinite(value).all():
                raise NonFiniteStateError(
                    f"The state is not saved: `{variable.path}` holds "
                    f"{int((~np.isfinite(value)).sum())} values that are not finite. "
                    f"Checkpoints written earlier to {directory} are whole: restore one with "
                    "`Checkpoint.restore` and train with lower learning rates."
                )
        metadata = {
            "format": _FORMAT,
            "images_seen": images_seen(model),
            "keras": keras.__version__,
            "backend": keras.backend.backend(),
            "variables": [variable.path for variable in variables],
        }
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"checkpoint_{metadata['images_seen']:09d}.npz"
        arrays = {f"variable_{index:05d}": value for index, value in enumerate(values)}
        _write_atomically(path, metadata=np.array(json.dumps(metadata)), **arrays)
        return path

    @staticmethod
    def restore(model, directory):
        """Gives `model` the state of the newest checkpoint that can be read.

        Args:
            model: `keras_san.SANModel` of the same networks, compiled with the same optimizers.
            directory: str or path, the folder that `Checkpoint` wrote.

        Returns:
            dict of `images_seen`, `path`, and the `keras` version and `backend` that wrote it.

        Raises:
            ValueError: if there is no readable checkpoint, the model is not compiled, or the
                checkpoint is of another model; the model is left as it was.
        """
        unreadable = []
        for path in Checkpoint.files(directory):
            try:
                metadata, values = _read(path)
            except _UNREADABLE as error:
                unreadable.append(f"{path.name} ({type(error).__name__}: {error})")
                continue
            if unreadable:
                warnings.warn(
                    f"Could not read {', '.join(unreadable)} in {directory}; "
                    f"went back to {path.name}.",
                    stacklevel=2,
                )
            _assign(_state(model), values, metadata["variables"], path)
            return {
                "images_seen": metadata["images_seen"],
                "path": path,
                "keras": metadata["keras"],
                "backend": metadata["backend"],
            }
        found = f"could not read {', '.join(unreadable)}" if unreadable else "found none"
        raise ValueError(
            f"No checkpoint to restore in {directory}: {found}. Expected files "
            "checkpoint_*.npz written by keras_san.callbacks.Checkpoint."
        )


def _state(model):
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        raise ValueError(
            "The model has no optimizer, which is part of the state of training. "
            "Call model.compile(...) first, with the optimizers of the saved run."
        )
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    unique = {id(variable): variable for variable in [*model.state_variables, *optimizer.variables]}
    return list(unique.values())


def _to_numpy(variable):
    value = np.asarray(keras.ops.convert_to_numpy(variable))
    # bfloat16 and the 8-bit floats are not NumPy's own; float32 holds their values exactly.
    return value if value.dtype.isbuiltin == 1 else value.astype("float32")


def _write_atomically(path, **arrays):
    temporary = path.with_name(path.name + ".tmp")
    try:
        with open(temporary, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _read(path):
    # NumPy leaves a file open that it cannot read, if it opened it.
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
        metadata = json.loads(str(archive["metadata"]))
        if metadata["format"] != _FORMAT:
            raise ValueError(f"format {metadata['format']}, this version reads {_FORMAT}")
        names = range(len(metadata["variables"]))
        return metadata, [archive[f"variable_{index:05d}"] for index in names]


def _images_in(path):
    return int(path.stem.removeprefix("checkpoint_"))


def _is_readable(path):
    try:
        _read(path)
    except _UNREADABLE:
        return False
    return True


def _assign(variables, values, paths, source):
    held = [tuple(value.shape) for value in values]
    wanted = [tuple(variable.shape) for variable in variables]
    if held != wanted:
        difference = _first_difference(variables, paths, held)
        raise ValueError(f"{source} is of another model. {difference}")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _first_difference(variables, paths, held):
    for variable, path, shape in zip(variables, paths, held, strict=False):
        if tuple(variable.shape) != shape:
            return (
                f"It holds `{path}` of shape {shape} where the model has `{variable.path}` of "
                f"shape {tuple(variable.shape)}. Build and compile the model as for the saved run."
            )
    return (
        f"It holds {len(held)} variables, the model has {len(variables)}. Build the model and "
        "compile it with the optimizers of the saved run."
    )
