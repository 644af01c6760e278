"""The recipes of the zoo: options of `keras-san train` that differ from its defaults, by preset."""

import json
from pathlib import Path

RECIPES = Path(__file__).resolve().parents[1] / "recipes"
# The ablation: the same recipe with the head of an ordinary GAN.
TWIN = "_gan"


def names():
    """All presets that there is a recipe of, each with its twin."""
    found = sorted(path.stem for path in RECIPES.glob("*.json"))
    return [name + tag for name in found for tag in ("", TWIN)]


def recipe(name):
    """The options of a preset, a dictionary.

    Raises:
        ValueError: if there is no such recipe.
    """
    if name not in names():
        raise ValueError(f"There is no recipe of {name!r}; expected one of {', '.join(names())}.")
    options = json.loads((RECIPES / f"{name.removesuffix(TWIN)}.json").read_text("utf-8"))
    return options | ({"head": "dense"} if name.endswith(TWIN) else {})
