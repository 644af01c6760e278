"""Runs of `keras-san train` that go on where an earlier call stopped: what two tables share."""

import shlex

import keras

from keras_san.cli.main import main as keras_san_command
from keras_san.cli.run_folder import RunFolder


def unfinished(out):
    """The newest run below a folder that has a checkpoint, or None."""
    runs = sorted(path.parent.parent for path in out.glob("*/checkpoints/checkpoint_*.npz"))
    return runs[-1] if runs else None


def train(data, out, options, budget):
    """Trains, or trains on.

    Args:
        data: path of the images.
        out: folder of the runs.
        options: list of what else a new run is told.
        budget: list of the options that bound this call.

    Returns:
        The `RunFolder`, and the command that began it as others would give it: it names the data,
        not where they lie.
    """
    begun = unfinished(out)
    words = ["--resume", str(begun)] if begun else ["--data", str(data), "--out", str(out)]
    if status := keras_san_command(["train", *words, *([] if begun else options), *budget]):
        raise SystemExit(status)
    # The policy of the run is not that of the measures.
    keras.config.set_dtype_policy("float32")
    run = RunFolder.open(max(out.iterdir()))
    words = shlex.split(run.description()["command"])
    words[words.index("--data") + 1] = data.name
    del words[words.index("--out") : words.index("--out") + 2]
    return run, shlex.join(words)
