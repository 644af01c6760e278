"""200 steps of mixed_bfloat16 and of mixed_float16 beside float32.

    KERAS_BACKEND=jax python -m benchmarks.precision
    KERAS_BACKEND=torch python -m benchmarks.precision --steps 20 --every 10

The same DCGAN from the same seed on the same images, a run a precision. A row is the mean of the
losses over some steps, how many losses were not finite, and the scale of both optimizers' losses
(1 where nothing is scaled).
"""

import argparse
import pathlib

import keras
import numpy as np

import keras_san
from benchmarks import results

RESULTS = pathlib.Path(__file__).parent / "results" / "precision.csv"
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
LOSSES = ("discriminator_loss", "generator_loss")
COLUMNS = ("backend", "precision", "step", *LOSSES, "not_finite", "generator_loss_scale")
COLUMNS += ("discriminator_loss_scale", "width", "batch_size", *results.FACTS)
KEY = ("backend", "precision", "step", "width", "batch_size", "threads", "cpu")


def parse_arguments(arguments=None):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--precisions", nargs="*", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--every", type=int, default=50, help="steps of a row")
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS, help="CSV to merge into")
    return parser.parse_args(arguments)


class EveryLoss(keras.callbacks.Callback):
    """The losses of each step: an epoch is one, as the logs are means over the epoch."""

    def on_train_begin(self, logs=None):
        self.losses = []

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append([float(logs[name]) for name in LOSSES])


class GoOn(keras_san.callbacks.TrainingHealth):
    """In place of the callback that stops at a loss that is not finite: these are counted."""

    def on_train_batch_end(self, batch, logs=None):
        """Nothing."""

    def on_epoch_end(self, epoch, logs=None):
        """Nothing."""


def _scale(optimizer):
    scale = getattr(optimizer, "dynamic_scale", None)
    return 1.0 if scale is None else float(keras.ops.convert_to_numpy(scale))


def measure(options, precision):
    """The rows of a precision."""
    keras.config.set_dtype_policy(precision)
    keras.utils.set_random_seed(0)
    model = keras_san.models.build("dcgan", (32, 32, 1), width=options.width, seed=1)
    model.compile()
    data = keras_san.data.sample(image_size=32, batch_size=options.batch_size, seed=0, repeat=True)
    not_finite = 0
    for done in range(options.every, options.steps + 1, options.every):
        each = EveryLoss()
        model.fit(
            data, steps_per_epoch=1, epochs=options.every, verbose=0, callbacks=[each, GoOn()]
        )
        losses = np.array(each.losses)
        not_finite += int((~np.isfinite(losses)).sum())
        means = dict(zip(LOSSES, losses.mean(0), strict=True))
        yield results.facts() | {
            "precision": precision,
            "step": done,
            **{name: f"{value:.4f}" for name, value in means.items()},
            "not_finite": not_finite,
            "generator_loss_scale": f"{_scale(model.optimizer.generator):g}",
            "discriminator_loss_scale": f"{_scale(model.optimizer.discriminator):g}",
            "width": options.width,
            "batch_size": options.batch_size,
        }


def main(arguments=None):
    """Trains, prints, and merges the rows into the CSV."""
    options = parse_arguments(arguments)
    for precision in options.precisions:
        for row in measure(options, precision):
            results.merge(options.out, row, COLUMNS, KEY)
            print(", ".join(f"{name} {row[name]}" for name in COLUMNS[:8]), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
