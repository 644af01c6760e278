"""The frame of the `keras-san` command: options that all sub-commands share, and errors."""

import argparse
import sys
import traceback
from importlib import import_module

from absl import logging
from absl.flags import argparse_flags

from keras_san import __version__

BACKENDS = ("jax", "tensorflow", "torch")
# What `--help` shows. The modules import no backend before they run: help must be quick.
COMMANDS = {
    "train": "train a model on a folder of images, an array file or a named data set",
    "evaluate": "measure a preset, a run or a folder of images against real images",
    "generate": "draw images from a preset or a trained run",
    "project": "find the latents of a given image",
    "presets": "list the presets that come with the library",
    "convert": "bring a checkpoint of another codebase",
    "summary": "show the networks of a model or a preset",
}


def main(argv=None):
    """Runs the `keras-san` command.

    Use it as the target of the console script, or to run a command from Python.

    Args:
        argv: List of strings: the arguments without the program's name. Default: those the
            process was started with.

    Returns:
        The exit status: 0, or 2 after an error of the user's, which is printed in one line
        (`--verbosity debug` shows where it came from), or 130 after Ctrl-C.

    Example:

    ```python
    from keras_san.cli.main import main

    main(["presets"])
    ```
    """
    arguments = _parser().parse_args(argv)
    verbosity = getattr(arguments, "verbosity", "info")
    # On absl's own logger, not on the root: other libraries stay quiet, and no line comes twice.
    logger = logging.get_absl_logger()
    logger.addHandler(logging.get_absl_handler())
    logger.propagate = False
    logging.set_verbosity(verbosity)
    try:
        return arguments.run(arguments) or 0
    except (ValueError, ImportError, OSError) as error:
        if verbosity == "debug":
            traceback.print_exc()
        print(f"keras-san: error: {_one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("keras-san: interrupted", file=sys.stderr)
        return 130


def _parser():
    parser = _Parser(
        prog="keras-san",
        description="Train, share and use Slicing Adversarial Networks in Keras.",
    )
    parser.add_argument("--version", action="version", version=f"keras-san {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        module = import_module(f"keras_san.cli.{name}")
        command = commands.add_parser(name, help=summary, description=module.__doc__)
        module.configure(command)
        command.set_defaults(run=module.run)
    return parser


class _Parser(argparse_flags.ArgumentParser):
    """An absl parser (`--flagfile`, `--logger_levels` ...) whose `--verbosity` takes names."""

    def __init__(self, **options):
        super().__init__(allow_abbrev=False, conflict_handler="resolve", **options)
        # absl's own flag takes numbers from -3 to 1.
        self.add_argument(
            "-v",
            "--verbosity",
            choices=["debug", "info", "warning", "error"],
            default=argparse.SUPPRESS,
            help="how much to log (default info); debug also shows where an error came from",
        )


def _one_line(error):
    line = " ".join(str(error).split()) or type(error).__name__
    missing = getattr(error, "name", None)
    if isinstance(error, ImportError) and missing in BACKENDS:
        line += (
            f". Keras is set to the backend {missing}, which is not installed: "
            f'pip install "keras-san[{missing}]", or name another one with KERAS_BACKEND '
            f"({', '.join(name for name in BACKENDS if name != missing)})"
        )
    return line
