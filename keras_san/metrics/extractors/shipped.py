"""Where the weights of extractors lie, and the check of their hash."""

import json

from keras_san.presets.layout import sha256
from keras_san.presets.registry import zoo

WEIGHTS = "network.weights.h5"
DESCRIPTION = "extractor.json"


def folder(name):
    """The folder of an extractor's weights in the zoo."""
    return zoo() / "extractors" / name


def read_shipped(name):
    """The description of an extractor, and the path of its weights once their hash is checked."""
    home = folder(name)
    description = json.loads((home / DESCRIPTION).read_text("utf-8"))
    found = sha256(home / WEIGHTS)
    if found != description["sha256"]:
        raise ValueError(
            f"'{home / WEIGHTS}' is not the file that was shipped: its sha256 is {found}, "
            f"{DESCRIPTION} has {description['sha256']}. Install keras-san again."
        )
    return description, home / WEIGHTS
