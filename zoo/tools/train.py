"""Trains a preset of the zoo by its recipe; called again, goes on where it was.

    KERAS_BACKEND=tensorflow python zoo/tools/train.py dcgan_mnist_32 --data mnist.npz --out runs
    python zoo/tools/train.py dcgan_mnist_32_gan --data mnist.npz --out runs --images 500000

The recipes are in `zoo/recipes`; a name that ends in `_gan` is the same with `--head dense`. The
run folder is made in OUT/NAME; if it holds a checkpoint, training goes on from there, to more
images than before where --images says so. `--list` prints the names.
"""

import argparse
import sys
from pathlib import Path

import recipes

from keras_san.cli.main import main as keras_san
from keras_san.cli.training_options import DEFAULTS, command_line

NAME_OF_FILE = "{found} is named after another data set than the recipe's: {expected} expected"


def run_to_go_on_with(folder):
    """The newest run folder in `folder` with a checkpoint, or None."""
    runs = [path.parent.parent for path in folder.glob("*/checkpoints/checkpoint_*.npz")]
    return max(runs, default=None)


def arguments_of(name, data, out, images=None, minutes=None, **of_a_new_run):
    """The words of the `keras-san` command that trains the preset, or goes on with it."""
    options = recipes.recipe(name)
    if data.name != options["data"]:
        raise ValueError(NAME_OF_FILE.format(found=data, expected=options["data"]))
    limits = {"images": images or options.get("images", DEFAULTS["images"]), "minutes": minutes}
    given = {key: value for key, value in of_a_new_run.items() if value is not None}
    run = run_to_go_on_with(out / name)
    if run is not None:
        if given:
            fixed = ", ".join(f"--{key.replace('_', '-')}" for key in given)
            raise ValueError(f"{run} has its own {fixed}; leave it out, or choose another OUT.")
        words = ["train", "--resume", str(run), "--images", str(limits["images"])]
        words += ["--data", str(data)]
        return words + (["--minutes", str(minutes)] if minutes is not None else [])
    options |= {"data": str(data), "out": str(out / name), **limits, **given}
    return command_line({**DEFAULTS, **options})[1:]


def main(arguments=None):
    """Reads the arguments and hands them to `keras-san train`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", help="of the preset")
    parser.add_argument("--data", type=Path, help="the .npz file of its data set")
    parser.add_argument("--out", type=Path, default=Path("runs"), help="default runs")
    parser.add_argument("--images", type=int, help="in all; default: the recipe's")
    parser.add_argument("--minutes", type=float, help="stop this call after that time")
    parser.add_argument("--seed", type=int, help="of a new run; default 0")
    parser.add_argument(
        "--mixed-precision",
        choices=("float32", "mixed_bfloat16"),
        help="of a new run; default: the recipe's. bfloat16 pays where the processor has it",
    )
    parser.add_argument("--list", action="store_true", help="print the names of all recipes")
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(recipes.names()))
        return 0
    if options.name is None or options.data is None:
        parser.error("give NAME and --data FILE, or --list")
    try:
        words = arguments_of(
            options.name,
            options.data,
            options.out,
            options.images,
            options.minutes,
            seed=options.seed,
            mixed_precision=options.mixed_precision,
        )
    except ValueError as error:
        parser.error(str(error))
    return keras_san(words)


if __name__ == "__main__":
    sys.exit(main())
