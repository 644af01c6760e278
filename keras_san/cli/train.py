"""Train a model on images, into a numbered run folder that training can go on from."""

import contextlib
import json
import shlex
import sys
import tempfile

from absl import logging

from keras_san.cli.output import check_output
from keras_san.cli.training_options import DEFAULTS, add_options, given_options

# What may change when a run goes on; everything else is part of what the run is.
# The data may have moved: they are known by their hash.
BUDGET = ("data", "images", "minutes", "measures", "measure_images", "distribute", "on_error")

_BUDGET_OPTIONS = ", ".join(f"--{name.replace('_', '-')}" for name in BUDGET)
# Of these, what the run folder takes over; the others hold for one call.
LASTING = ("data", "images", "measures", "measure_images")


def configure(parser):
    """Adds the options of `keras-san train`."""
    parser.add_argument(
        "--resume",
        metavar="RUN",
        help=f"go on with this run folder; only with {_BUDGET_OPTIONS}",
    )
    parser.add_argument(
        "--preset",
        metavar="PRESET",
        help="fine-tune: begin with its weights, and take model, resolution, head, width, latents "
        "and classes from it; see --freeze-layers",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print the resolved options as JSON and stop"
    )
    add_options(parser)


def run(arguments):
    """Runs `keras-san train`."""
    given = given_options(arguments)
    if arguments.resume is not None:
        _check_resume(given | ({"preset": arguments.preset} if arguments.preset else {}))
    elif "data" not in given:
        raise ValueError(
            "--data is missing: name a folder of images, an .npz file, `sample` or a data set "
            "of keras.datasets, or go on with a run by --resume RUN."
        )

    # Imported here: they start the backend, which a wrong option need not wait for.
    from keras_san.callbacks import Checkpoint, NonFiniteLossError, NonFiniteStateError
    from keras_san.cli.run_folder import RunFolder
    from keras_san.cli.training import Training

    if arguments.resume is None:
        folder = None
        of_preset = _of_preset(arguments.preset)
        _check_fine_tuning(arguments.preset, of_preset, given)
        options = {**DEFAULTS, **of_preset, **given}
        check_output(options["out"])
        training = Training(options)
    else:
        folder = RunFolder.open(arguments.resume)
        # A run from before there were measures goes on without; minutes hold for one call.
        options = {**DEFAULTS, "measures": "none", **folder.options()}
        options |= {"minutes": None, "distribute": DEFAULTS["distribute"], **given}
        training = Training(options, resumed=folder)
    if arguments.dry_run:
        print(json.dumps(training.description(), indent=2))
        return 0
    try:
        with _own_folder(training, folder) as folder:
            return training.run(folder)
    except (NonFiniteLossError, NonFiniteStateError) as error:
        print(f"keras-san: error: {error}", file=sys.stderr)
        print(f"The run and its last whole state are in {folder.path}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        if folder is not None and Checkpoint.files(folder.checkpoints):
            where = shlex.quote(str(folder.path))
            print(f"To go on: keras-san train --resume {where}", file=sys.stderr)
        raise
    except (ValueError, OSError) as error:
        if folder is None or not Checkpoint.files(folder.checkpoints):
            raise
        resume = f"keras-san train --resume {shlex.quote(str(folder.path))}"
        reason = str(error).rstrip(".")
        raise ValueError(f"{reason}. To go on from the last whole state: {resume}") from error


def _of_preset(preset):
    if preset is None:
        return {}
    from keras_san.cli.fine_tuning import options_of

    return options_of(preset)


@contextlib.contextmanager
def _own_folder(training, resumed):
    """The run folder, of the first of several processes; what the others write is thrown away."""
    from keras_san import backend
    from keras_san.cli.run_folder import RunFolder

    if backend.process_index() > 0:
        logging.set_verbosity(logging.WARNING)
        with tempfile.TemporaryDirectory() as scratch:
            yield RunFolder.create(scratch, training.title())
        return
    folder = resumed or RunFolder.create(training.options["out"], training.title())
    if resumed:
        description = resumed.description()
        for name in LASTING:
            description["options"][name] = training.options[name]
        description["command"] = training.command()
    else:
        description = training.description()
    with folder.held():
        folder.describe(description)
        yield folder


def _check_fine_tuning(preset, of_preset, given):
    others = [name for name in of_preset.keys() & given.keys() if given[name] != of_preset[name]]
    if others:
        name = sorted(others)[0]
        option = f"--{name.replace('_', '-')}"
        raise ValueError(
            f"{option} {given[name]}: --preset {preset} has {of_preset[name]}, and its networks "
            f"stay as they are. Leave {option} out."
        )


def _check_resume(given):
    refused = [f"--{name.replace('_', '-')}" for name in given if name not in BUDGET]
    if refused:
        raise ValueError(
            f"--resume goes on with the options of the run, so {', '.join(refused)} cannot be "
            f"given with it; expected only {_BUDGET_OPTIONS}. Start a new run for others."
        )
