"""The folder of a training run: what it holds and how it is numbered."""

import contextlib
import csv
import json
import os
import re
from pathlib import Path

from absl import logging

from keras_san.presets.layout import is_preset, read_config

try:
    import fcntl
except ImportError:
    # Windows.
    fcntl = None


class RunFolder:
    """A numbered folder such as `runs/00003-dcgan-fashion_mnist-hinge`.

    Args:
        path: str or path of the folder.

    Example:

    ```python
    from keras_san.cli.run_folder import RunFolder

    folder = RunFolder.create("runs", "dcgan-sample-hinge")
    assert folder.path.name == "00000-dcgan-sample-hinge"
    ```
    """

    def __init__(self, path):
        self.path = Path(path)
        self.checkpoints = self.path / "checkpoints"
        self.stats = self.path / "stats.csv"
        self.log = self.path / "log.txt"
        self.preset = self.path / "preset"
        self.best = self.path / "best"
        self.real_statistics = self.path / "real_statistics"

    @classmethod
    def create(cls, out, title):
        """Makes the folder with the next free number."""
        out = Path(out)
        out.mkdir(parents=True, exist_ok=True)
        while True:
            numbers = [
                int(match[1])
                for path in out.iterdir()
                if (match := re.match(r"(\d{5})-", path.name))
            ]
            path = out / f"{max(numbers, default=-1) + 1:05d}-{title}"
            try:
                path.mkdir()
            except FileExistsError:
                # Another run took the number between the look and the leap.
                continue
            return cls(path)

    @classmethod
    def open(cls, path):
        """Opens the folder of an earlier run.

        Raises:
            ValueError: if it is not such a folder.
        """
        folder = cls(path)
        if not folder._description_file.is_file():
            raise ValueError(
                f"--resume {path}: not a run folder, it has no options.json. "
                "Expected one that `keras-san train` made, such as runs/00000-dcgan-sample-hinge."
            )
        return folder

    def describe(self, description):
        """Writes options.json."""
        temporary = self.path / "options.json.tmp"
        temporary.write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
        os.replace(temporary, self._description_file)

    def description(self):
        """Reads options.json.

        Raises:
            ValueError: if it is damaged.
        """
        try:
            found = json.loads(self._description_file.read_text(encoding="utf-8"))
            whole = "data" in found["options"] and "sha256" in found["data"]
        except (ValueError, KeyError, TypeError):
            whole = False
        if not whole:
            raise ValueError(
                f"'{self._description_file}' is damaged: it does not say how the run was trained. "
                "Bring it back from a copy; the weights in checkpoints/ alone cannot go on."
            )
        return found

    def options(self):
        """The options of the run, as they were resolved when it began."""
        return self.description()["options"]

    def history(self):
        """The columns of stats.csv, a dictionary of lists of numbers; empty before its first."""
        if not self.stats.exists():
            return {}
        with open(self.stats, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        names = rows[0] if rows else ()
        return {name: [float(row[name]) if row[name] else None for row in rows] for name in names}

    def set_aside_best_without(self, name):
        """Moves `best/` away if it lacks a value of this name: it was chosen by another measure."""
        if not is_preset(self.best):
            return
        kept = read_config(self.best)["metrics"]
        if name in kept:
            return
        aside = self.path / f"best_{next(iter(kept), 'unmeasured')}"
        while aside.exists():
            aside = aside.with_name(f"{aside.name}_")
        os.replace(self.best, aside)
        logging.info("the best model by another measure is now in %s", aside)

    @contextlib.contextmanager
    def held(self):
        """A context in which no other process trains this run: two would write over each other.

        Raises:
            ValueError: if another one does.
        """
        if fcntl is None:
            yield
            return
        folder = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(folder)
            raise ValueError(
                f"--resume {self.path}: another process is training this run. Wait for its end, or "
                "stop it."
            ) from None
        except OSError:
            # A file system without locks.
            pass
        try:
            yield
        finally:
            os.close(folder)

    def logs_to_file(self):
        """Returns a context manager: what absl logs inside is also added to log.txt."""
        return _LogFile(self.log)

    @property
    def _description_file(self):
        return self.path / "options.json"


class _LogFile:
    def __init__(self, path):
        # Python's own, as absl's logging shares its name: absl has no handler for a plain file.
        from logging import FileHandler, Formatter

        self._handler = FileHandler(path, encoding="utf-8", delay=True)
        self._handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(message)s"))

    def __enter__(self):
        logging.get_absl_logger().addHandler(self._handler)
        return self

    def __exit__(self, *exception):
        logging.get_absl_logger().removeHandler(self._handler)
        self._handler.close()
