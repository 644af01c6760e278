"""What lies in a preset folder, and the checks of it that need no backend."""

import json
from pathlib import Path

from keras_san.features.shipped import sha256

FORMAT = "keras_san preset"
FORMAT_VERSION = 1

CONFIG = "config.json"
CARD = "README.md"
RECIPE = "recipe.json"
HISTORY = "history.json"
SAMPLES = "samples.png"
STATISTICS = "truncation_statistics.npz"
NETWORKS = ("generator_ema", "generator", "discriminator")


def weights_file(network):
    """Name of the file that holds the weights of `"generator_ema"` and its like."""
    return f"{network}.weights.h5"


def networks_in(config):
    """Those of `NETWORKS` that the preset holds: all, or all but the generator itself."""
    lacks = weights_file("generator") not in config["files"]
    return tuple(network for network in NETWORKS if not (lacks and network == "generator"))


def is_preset(folder):
    """Whether `folder` holds a `config.json` that `save_preset` wrote."""
    try:
        config = json.loads((Path(folder) / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and config.get("format") == FORMAT


def read_config(folder):
    """Reads the `config.json` of a preset folder into a dictionary."""
    path = Path(folder) / CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(
            f"'{folder}' is not a preset: it has no {CONFIG}. "
            "Presets are written by `model.save_preset(folder)`."
        ) from None
    except ValueError as error:
        raise ValueError(
            f"'{path}' is not readable JSON ({error}). Save or download the preset again."
        ) from error
    found = config.get("format") if isinstance(config, dict) else type(config).__name__
    if found != FORMAT:
        raise ValueError(f"'{path}' has the format {found!r}; a preset has {FORMAT!r}.")
    if config.get("format_version") != FORMAT_VERSION:
        raise ValueError(
            f"'{path}' is version {config.get('format_version')!r} of the preset format; this "
            f"keras-san reads version {FORMAT_VERSION}. Install the keras-san that wrote it "
            f"({config.get('versions', {}).get('keras_san')})."
        )
    return config


def read_networks(folder, config):
    """The configs of generator and discriminator; a `ValueError` if the config is not whole."""
    missing = [key for key in ("model", "generator", "discriminator", "files") if key not in config]
    if missing:
        raise ValueError(
            f"'{Path(folder) / CONFIG}' lacks {', '.join(map(repr, missing))}. Save or download "
            "the preset again."
        )
    return config["generator"], config["discriminator"]


def check_file(folder, name, config):
    """Compares one file of a preset with the hash in its config and returns its path."""
    path = Path(folder) / name
    expected = config.get("files", {}).get(name, {}).get("sha256")
    if expected is None:
        raise ValueError(f"'{Path(folder) / CONFIG}' names no sha256 for '{name}'.")
    if not path.is_file():
        raise ValueError(f"The preset '{folder}' lacks '{name}'. Save or download it again.")
    found = sha256(path)
    if found != expected:
        raise ValueError(
            f"'{path}' is not the file that the preset was saved with: its sha256 is {found}, "
            f"{CONFIG} expects {expected}. Save or download the preset again."
        )
    return path
