"""`generate` beside the bare forward pass of the backend's own framework.

    KERAS_BACKEND=torch python -m benchmarks.sampling
    KERAS_BACKEND=jax python -m benchmarks.sampling --batch-sizes 1 --calls 20 --blocks 9

DCGAN at 32 pixels, batches of 1, 16, 64 and 256. The bare pass runs the same network with the
same weights in plain PyTorch (eager), as one `tf.function` or as one jitted JAX function, on
latents that are there already, and ends with a NumPy array of floats. Ours, besides, draws the
latents from the seeds and makes images of uint8.
"""

import argparse
import pathlib
import time

import keras
import numpy as np

import keras_san
from benchmarks import results, weights
from benchmarks.plain import make_loop
from benchmarks.plain.networks import DEFAULTS, NETWORKS
from benchmarks.turns import median, spread, take_turns

RESULTS = pathlib.Path(__file__).parent / "results" / "sampling.csv"
COLUMNS = ("backend", "network", "width", "batch_size", "ours_ms", "bare_ms", "ratio")
COLUMNS += ("ours_iqr_ms", "bare_iqr_ms", "blocks", "calls", *results.FACTS)
KEY = ("backend", "network", "width", "batch_size", "threads", "cpu")


def parse_arguments(arguments=None):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=DEFAULTS["dcgan"][1])
    parser.add_argument("--batch-sizes", type=int, nargs="*", default=[1, 16, 64, 256])
    parser.add_argument("--blocks", type=int, default=9, help="timed blocks of each contestant")
    parser.add_argument("--calls", type=int, help="calls in a block (default: 256 images' worth)")
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS, help="CSV to merge into")
    return parser.parse_args(arguments)


def bare_pass(model, width):
    """A function of latents to images, float arrays, without Keras."""
    network = NETWORKS["dcgan"](width, model.image_shape[-1])
    loop = make_loop(keras.backend.backend(), network, weights.read(model))
    return loop.inference()


def measure(options):
    """The rows, one a batch size."""
    keras.utils.set_random_seed(0)
    image_shape = DEFAULTS["dcgan"][0]
    model = keras_san.models.build("dcgan", image_shape, width=options.width)
    bare = bare_pass(model, options.width)
    for batch_size in options.batch_sizes:
        calls = options.calls or max(1, 256 // batch_size)
        latents = np.random.normal(size=(batch_size, model.latent_dim)).astype("float32")
        ours = model.generate_from_latents(latents, batch_size=batch_size) / 127.5 - 1.0
        if np.abs(ours - bare(latents)).max() > 2 / 127.5:
            raise RuntimeError("the two programs do not make the same images")

        def time_ours(batch_size=batch_size, calls=calls):
            start = time.perf_counter()
            for _ in range(calls):
                model.generate(batch_size, batch_size=batch_size)
            return 1000.0 * (time.perf_counter() - start) / calls

        def time_bare(latents=latents, calls=calls):
            start = time.perf_counter()
            for _ in range(calls):
                bare(latents)
            return 1000.0 * (time.perf_counter() - start) / calls

        time_ours(), time_bare()
        times = take_turns({"ours": time_ours, "bare": time_bare}, options.blocks)
        yield results.facts() | {
            "network": "dcgan",
            "width": options.width,
            "batch_size": batch_size,
            "ours_ms": f"{median(times['ours']):.2f}",
            "bare_ms": f"{median(times['bare']):.2f}",
            "ratio": f"{median(times['bare'] / times['ours']):.3f}",
            "ours_iqr_ms": f"{spread(times['ours']):.2f}",
            "bare_iqr_ms": f"{spread(times['bare']):.2f}",
            "blocks": options.blocks,
            "calls": calls,
        }


def main(arguments=None):
    """Measures, prints, and merges the rows into the CSV."""
    options = parse_arguments(arguments)
    for row in measure(options):
        results.merge(options.out, row, COLUMNS, KEY)
        print(
            f"{row['backend']} batch {row['batch_size']}: ours {row['ours_ms']} ms, "
            f"bare {row['bare_ms']} ms, ratio {row['ratio']}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
