"""Time of a training step: our `fit` beside a plain loop in the backend's own framework.

    KERAS_BACKEND=torch python -m benchmarks.step_time --network dcgan

One process measures one backend, as Keras cannot change it. Protocol: see benchmarks/README.md.
"""

import argparse
import datetime
import functools
import os
import pathlib
import time

import keras
import numpy as np

import keras_san
from benchmarks import results, weights
from benchmarks.check import UPDATES_AGREE, compare
from benchmarks.plain import make_loop
from benchmarks.plain.networks import DEFAULTS, NETWORKS
from benchmarks.turns import spread, take_turns

RESULTS = pathlib.Path(__file__).parent / "results" / "step_time.csv"


def parse_arguments(arguments=None):
    """The options, with the defaults of the network filled in."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=sorted(NETWORKS), default="dcgan")
    parser.add_argument("--width", type=int, help="default: the paper's")
    parser.add_argument("--batch-size", type=int, help="default: the paper's")
    parser.add_argument("--blocks", type=int, default=7, help="timed blocks of each contestant")
    parser.add_argument("--steps", type=int, default=10, help="steps in a block")
    parser.add_argument("--precision", choices=("float32", "mixed_bfloat16"), default="float32")
    parser.add_argument(
        "--jit-compile", action="store_true", help="torch.compile on PyTorch (ours)"
    )
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS, help="CSV to merge into")
    parser.add_argument(
        "--plain-variant",
        choices=sorted(VARIANTS),
        default="fast",
        help="naive: the slower way to write the plain loop; it is printed, not recorded",
    )
    parser.add_argument(
        "--check", action="store_true", help="compare one step of both programs and measure nothing"
    )
    options = parser.parse_args(arguments)
    _, width, batch_size = DEFAULTS[options.network]
    options.width = options.width or width
    options.batch_size = options.batch_size or batch_size
    return options


# What differs between the fast and the slower way to write a plain loop, by backend.
VARIANTS = {
    "fast": {},
    "naive": {"torch": {"channels_last": False}, "jax": {"adjoint": False}},
}


class BlockTimer(keras.callbacks.Callback):
    """Seconds of an epoch: all that `fit` does for its steps, not what it sets up before."""

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        # Reading a log waits for the last step where a backend runs behind.
        float(logs["generator_loss"])
        self.seconds = time.perf_counter() - self.start


class Ours:
    """`SANModel.fit`, with its usual callbacks; a block is an epoch of a `fit` of its own.

    `fit` sets up callbacks and the data pipeline once a call: milliseconds that a training run
    pays once, a benchmark would pay at each block. The timer leaves them out and counts all else:
    data, shuffling, the Python of the trainer, logs, callbacks, the end of the epoch.
    """

    def __init__(self, options, head):
        image_shape = DEFAULTS[options.network][0]
        self.batch_size = options.batch_size
        self.model = keras_san.models.build(
            options.network,
            image_shape,
            width=options.width,
            head=head,
            discriminator_steps=1,
            ema=10_000.0,
            **NETWORKS[options.network](options.width).build_options,
        )
        self.model.compile(
            loss="hinge", penalties=(), augment=None, jit_compile=options.jit_compile or "auto"
        )

    def seconds(self, images):
        """Time of one block, an epoch over the images."""
        timer = BlockTimer()
        self.model.fit(images, batch_size=self.batch_size, verbose=0, callbacks=[timer])
        return timer.seconds


class Plain:
    """The plain loop, from the same weights."""

    def __init__(self, options, model):
        backend = keras.backend.backend()
        self.batch_size = options.batch_size
        network = NETWORKS[options.network](options.width, model.image_shape[-1])
        self.loop = make_loop(
            backend,
            network,
            weights.read_for(network, model),
            options.precision,
            **VARIANTS[options.plain_variant].get(backend, {}),
        )

    def seconds(self, images):
        """Time of one block, an epoch over the images."""
        start = time.perf_counter()
        self.loop.run(images, self.batch_size)
        return time.perf_counter() - start


def measure(options):
    """Milliseconds a step, an array with an entry a block, of "ours", "plain" and "dense".

    The contestants take turns, so that what else the machine does hits all of them; each block
    begins with another one, so that none always follows the same.
    """
    keras.config.set_dtype_policy(options.precision)
    keras.utils.set_random_seed(0)
    ours = Ours(options, head="san")
    contestants = {"ours": ours, "plain": Plain(options, ours.model)}
    contestants["dense"] = Ours(options, head="dense")
    shape = (options.steps * options.batch_size, *ours.model.image_shape)
    images = np.random.randint(0, 256, shape).astype("uint8")

    for _ in range(2):
        for contestant in contestants.values():
            contestant.seconds(images[: 2 * options.batch_size])
    times = take_turns(
        {name: functools.partial(c.seconds, images) for name, c in contestants.items()},
        options.blocks,
    )
    return {name: 1000.0 * seconds / options.steps for name, seconds in times.items()}


def as_row(options, times):
    """The row of the CSV."""
    medians = {name: float(np.median(values)) for name, values in times.items()}
    return {
        "date": datetime.date.today().isoformat(),
        "backend": keras.backend.backend(),
        "network": options.network,
        "compiled": "yes" if options.jit_compile else "no",
        "plain": _plain_framework(options),
        "width": options.width,
        "batch_size": options.batch_size,
        "precision": options.precision,
        "ours_ms": f"{medians['ours']:.2f}",
        "plain_ms": f"{medians['plain']:.2f}",
        "ratio": f"{medians['plain'] / medians['ours']:.3f}",
        "ours_iqr_ms": f"{spread(times['ours']):.2f}",
        "plain_iqr_ms": f"{spread(times['plain']):.2f}",
        # Block by block: the difference is small beside the drift over the run.
        "san_over_dense": f"{np.median(times['ours'] / times['dense']):.3f}",
        "blocks": options.blocks,
        "steps": options.steps,
        "threads": len(os.sched_getaffinity(0)),
        "cpu": results.processor(),
        "versions": _versions(),
    }


def _plain_framework(options):
    """Whose framework the plain loop is written in: PyTorch's where there is one loop alone."""
    return "torch" if NETWORKS[options.network]().loop else keras.backend.backend()


def _versions():
    framework = __import__(keras.backend.backend())
    return f"keras {keras.__version__} {framework.__name__} {framework.__version__}"


def check(options):
    """Prints the errors of the plain loop; an exit status for the shell."""
    arguments = VARIANTS[options.plain_variant].get(keras.backend.backend(), {})
    losses, updates = compare(options.network, draws=5, **arguments)
    worst = max(updates, key=updates.get)
    print(f"losses: {max(losses.values()):.1e} (at most 1e-4)")
    print(f"updates: {updates[worst]:.1e} at {worst} (at most 1e-3)")
    return int(max(losses.values()) > 1e-4 or updates[worst] > UPDATES_AGREE)


def main(arguments=None):
    """Measures or checks, by the options."""
    options = parse_arguments(arguments)
    if options.check:
        return check(options)
    row = as_row(options, measure(options))
    print(results.line(row))
    if options.plain_variant == "fast":
        results.merge(options.out, row)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
