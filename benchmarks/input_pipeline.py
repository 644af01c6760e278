"""Images a second of the data sets beside what the DCGAN-32 step takes.

    KERAS_BACKEND=torch python -m benchmarks.input_pipeline
    KERAS_BACKEND=jax python -m benchmarks.input_pipeline --images 512 --blocks 3

Supply is a data set read alone, batch after batch; demand is `fit` on images in memory. *fit from
it* is `fit` reading that data set while it trains: where it equals the demand, reading costs
nothing.
"""

import argparse
import pathlib
import tempfile
import time

import keras
import numpy as np
from PIL import Image

import keras_san
from benchmarks import results
from benchmarks.step_time import BlockTimer
from benchmarks.turns import median, spread, take_turns

RESULTS = pathlib.Path(__file__).parent / "results" / "input_pipeline.csv"
COLUMNS = ("backend", "source", "batch_size", "width", "supply_images_per_second", "supply_iqr")
COLUMNS += ("fit_images_per_second", "demand_images_per_second", "supply_over_demand")
COLUMNS += ("fit_over_demand", "images", "blocks", *results.FACTS)
KEY = ("backend", "source", "batch_size", "width", "threads", "cpu")


def parse_arguments(arguments=None):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=640, help="in a block")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--width", type=int, default=64, help="of the DCGAN")
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS, help="CSV to merge into")
    return parser.parse_args(arguments)


def make_sources(options, folder):
    """Name to a function that makes the data set."""
    random = np.random.RandomState(0)
    images = random.randint(0, 256, (options.images, 32, 32, 3)).astype("uint8")
    batch = {"batch_size": options.batch_size}
    sources = {"arrays": lambda: keras_san.data.arrays(images, **batch)}
    for side, suffix in ((32, "png"), (64, "jpg")):
        path = folder / f"{side}"
        path.mkdir()
        for number, pixels in enumerate(images):
            image = Image.fromarray(pixels).resize((side, side))
            image.save(path / f"{number:05d}.{suffix}")
        sources[f"image_folder, {side} x {side} {suffix}"] = lambda path=path: (
            keras_san.data.image_folder(path, image_size=32, **batch)
        )
    return images, sources


def read_through(source):
    """Seconds to read a data set once."""
    start = time.perf_counter()
    for index in range(source.num_batches):
        source[index]
    return time.perf_counter() - start


def measure(options):
    """The rows, one a source."""
    with tempfile.TemporaryDirectory() as folder:
        images, sources = make_sources(options, pathlib.Path(folder))
        keras.utils.set_random_seed(0)
        model = keras_san.models.build("dcgan", (32, 32, 3), width=options.width)
        model.compile()

        def fit(data, **arguments):
            timer = BlockTimer()
            model.fit(data, verbose=0, callbacks=[timer], **arguments)
            return timer.seconds

        made = {name: make() for name, make in sources.items()}
        supply = take_turns(
            {name: lambda name=name: read_through(made[name]) for name in made}, options.blocks
        )
        contestants = {"demand": lambda: fit(images, batch_size=options.batch_size)}
        contestants |= {name: lambda name=name: fit(sources[name]()) for name in made}
        contestants["demand"]()
        trained = take_turns(contestants, options.blocks)
    count = options.images
    demand = count / median(trained["demand"])
    for name in sources:
        rate = count / median(supply[name])
        yield results.facts() | {
            "source": name,
            "batch_size": options.batch_size,
            "width": options.width,
            "supply_images_per_second": f"{rate:.0f}",
            "supply_iqr": f"{spread(count / supply[name]):.0f}",
            "fit_images_per_second": f"{count / median(trained[name]):.1f}",
            "demand_images_per_second": f"{demand:.1f}",
            "supply_over_demand": f"{rate / demand:.1f}",
            "fit_over_demand": f"{median(trained['demand'] / trained[name]):.3f}",
            "images": count,
            "blocks": options.blocks,
        }


def main(arguments=None):
    """Measures, prints, and merges the rows into the CSV."""
    options = parse_arguments(arguments)
    for row in measure(options):
        results.merge(options.out, row, COLUMNS, KEY)
        print(", ".join(f"{name} {row[name]}" for name in COLUMNS[:10]), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
