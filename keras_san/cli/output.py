"""Where a command writes: checked before there is work to lose."""

import os
from pathlib import Path


def check_output(folder, option="--out"):
    """Raises a `ValueError` if an option names a place where no folder can be written."""
    path = Path(folder).expanduser()
    existing = next(place for place in (path, *path.absolute().parents) if place.exists())
    if not existing.is_dir():
        where = f"{option} {folder}" if existing == path else f"{option} {folder}: {existing}"
        raise ValueError(f"{where} is a file. Name a folder.")
    if not os.access(existing, os.W_OK):
        raise ValueError(f"{option} {folder}: nothing can be written to {existing}.")


def check_output_file(file, option):
    """Raises a `ValueError` if an option names a place where no file can be written."""
    path = Path(file).expanduser()
    if path.is_dir():
        raise ValueError(f"{option} {file} is a folder. Name a file.")
    if path.exists():
        if not os.access(path, os.W_OK):
            raise ValueError(f"{option} {file}: nothing can be written to it.")
        return
    check_output(path.parent, f"{option} {file}:")
