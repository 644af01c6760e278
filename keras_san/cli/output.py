"""Where a command writes: checked before there is work to lose."""

from pathlib import Path


def check_output(folder):
    """Raises a `ValueError` if `--out` names something that is no folder."""
    path = Path(folder).expanduser()
    if path.exists() and not path.is_dir():
        raise ValueError(f"--out {folder} is a file. Name a folder.")
