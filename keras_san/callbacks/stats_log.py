"""A CSV file of the logs."""

import csv
import os
import time
from pathlib import Path

import keras

from keras_san import backend
from keras_san.callbacks.every_images import images_seen


class StatsLog(keras.callbacks.Callback):
    """Writes a row of logs to a CSV file after each epoch, and goes on with it on resume.

    Columns are `epoch`, `seconds` (of training, summed over resumed runs), `images_seen`, then
    the other logs by name. Unlike `keras.callbacks.CSVLogger` it adds the wall clock and no empty
    `val_` columns, and where training goes on from a restored state it drops the rows that
    lie ahead of that state, so the file tells one story. The file is replaced whole, so a reader
    never sees half a row.

    Args:
        path: str or path, the file to write, made where missing.

    Raises:
        ValueError: if the file exists and is not such a table.

    Example:

    ```python
    import keras_san

    stats = keras_san.callbacks.StatsLog("runs/first/stats.csv")
    ```
    """

    def __init__(self, path):
        super().__init__()
        self.path = Path(path)
        self._rows = []
        self._started = None

    def on_train_begin(self, logs=None):
        """Reads the rows that are there already."""
        restored = images_seen(self.model)
        self._rows = [row for row in self._read() if float(row["images_seen"]) <= restored]
        earlier = float(self._rows[-1]["seconds"]) if self._rows else 0.0
        self._started = time.time() - earlier

    def on_epoch_end(self, epoch, logs=None):
        """Adds a row."""
        row = {"epoch": epoch + 1, "seconds": round(time.time() - self._started, 3)}
        row |= {"images_seen": images_seen(self.model)}
        row |= {name: value for name, value in sorted((logs or {}).items()) if name not in row}
        self._rows.append(row)
        self._write()

    def _read(self):
        if not self.path.exists():
            return []
        with open(self.path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
        if rows and not {"epoch", "seconds", "images_seen"} <= set(reader.fieldnames):
            raise ValueError(
                f"{self.path} is not a table of StatsLog: its columns are {reader.fieldnames}, "
                "expected epoch, seconds, images_seen, ... Give another path or move the file."
            )
        return rows

    def _write(self):
        if backend.process_index() > 0:
            return
        columns = list(dict.fromkeys(name for row in self._rows for name in row))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(self.path.name + ".tmp")
        with open(temporary, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(self._rows)
        os.replace(temporary, self.path)
