"""Where the weights of frozen networks lie, and the check of their hash."""

import contextlib
import hashlib
import json
from importlib import resources
from pathlib import Path

WEIGHTS = "network.weights.h5"
DESCRIPTION = "extractor.json"


def zoo():
    """The folder of presets and extractors, or None where it was not installed."""
    try:
        return Path(str(resources.files("keras_san.zoo")))
    except ModuleNotFoundError:
        # A checkout that was never installed: the folder still lies beside the package.
        folder = Path(__file__).resolve().parents[2] / "zoo"
        return folder if folder.is_dir() else None


def sha256(path):
    """Hexadecimal SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder(name):
    """The folder of a network's weights in the zoo."""
    return zoo() / "extractors" / name


def read_shipped(name):
    """The description of a network, and the path of its weights once their hash is checked."""
    home = folder(name)
    description = json.loads((home / DESCRIPTION).read_text("utf-8"))
    found = sha256(home / WEIGHTS)
    if found != description["sha256"]:
        raise ValueError(
            f"'{home / WEIGHTS}' is not the file that was shipped: its sha256 is {found}, "
            f"{DESCRIPTION} has {description['sha256']}. Install keras-san again."
        )
    return description, home / WEIGHTS


@contextlib.contextmanager
def full_precision():
    """Layers made inside compute in float32, whatever policy a training has set."""
    import keras

    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)
