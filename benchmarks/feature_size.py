"""How large should the feature network of a projected discriminator see the images? By the hour.

    KERAS_BACKEND=tensorflow python -m benchmarks.feature_size --data cifar10_jpeg.npz
    KERAS_BACKEND=tensorflow python -m benchmarks.feature_size --data cifar10_jpeg.npz --minutes 60

The same projected SAN at several feature sizes, each given as many minutes of training; they take
turns of half a minute, so that what else the machine does hits all of them. Each is measured in the
features of a classifier that no discriminator has seen. Rows go to results/feature_size.csv, and
the table of docs/projected_san.md is rewritten.
"""

import argparse
import pathlib
import time

import keras

import keras_san
from benchmarks import results
from keras_san.data.image_dataset import ImageDataset

FOLDER = pathlib.Path(__file__).parent
PAGE = FOLDER.parent / "docs" / "projected_san.md"
MEASURES = ("kid", "fd", "precision", "recall", "fidelity")
COLUMNS = ("data", "feature_size", "minutes", "images", "images_per_second", *MEASURES)
COLUMNS += ("kid_standard_error", "extractor", "count", "generator_width", "width", "batch_size")
COLUMNS += ("augment", "precision_policy", "seed", "backend", *results.FACTS)
KEY = ("data", "feature_size", "minutes", "extractor", "count", "generator_width", "width")
KEY += ("batch_size", "augment", "seed", "backend", "cpu")
TABLE = {
    "feature size": "{feature_size}",
    "minutes": "{minutes}",
    "images": "{images}",
    "images/s": "{images_per_second}",
    "KID": "{kid} ± {kid_standard_error}",
    "FD": "{fd}",
    "precision": "{precision}",
    "recall": "{recall}",
    "class fidelity": "{fidelity}",
    "measured": "{count} images, {extractor}; widths {generator_width} and {width}, batch "
    "{batch_size}, {augment}, {precision_policy}, {backend}, {threads} threads, {date}, {cpu}, "
    "{versions}",
}
TURN_SECONDS = 30.0


def parse_arguments(arguments=None):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, help="the .npz file of the data set")
    parser.add_argument("--sizes", type=int, nargs="*", default=[64, 96, 128])
    parser.add_argument("--minutes", type=float, default=30.0, help="of training of each")
    parser.add_argument("--generator-width", type=int, default=16)
    parser.add_argument("--width", type=int, default=32, help="of the discriminator")
    parser.add_argument("--batch-size", type=int, default=64)
    # The blur of the architecture would outlast so short a training.
    parser.add_argument("--augment", nargs="*", default=["blur:2:10000", "diff_augment"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=5000, help="images of a measurement")
    parser.add_argument("--extractor", default="cifar10jpegclassifier")
    parser.add_argument(
        "--precision", choices=("float32", "mixed_bfloat16"), default="mixed_bfloat16"
    )
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER / "results" / "feature_size.csv")
    parser.add_argument("--page", type=pathlib.Path, default=PAGE)
    parser.add_argument("--table-only", action="store_true", help="measure nothing")
    return parser.parse_args(arguments)


class Contestant:
    """One feature size: its model, and the time that it has trained."""

    def __init__(self, size, dataset, options):
        keras.utils.set_random_seed(options.seed)
        self.model = keras_san.models.build(
            "projected",
            dataset.image_shape,
            num_classes=len(dataset.class_names),
            generator_options={"width": options.generator_width},
            discriminator_options={"width": options.width, "feature_size": size},
            seed=options.seed,
        )
        self.model.compile(augment=options.augment)
        self.stream = ImageDataset(
            dataset.source, options.batch_size, seed=options.seed, repeat=True
        )
        self.seconds, self.steps = 0.0, 0
        # What compiles is not counted.
        self._step()

    def _step(self):
        # Not `fit`: on TensorFlow each may end with a wait as long as itself.
        self.model.train_on_batch(*self.stream[self.steps])
        self.steps += 1

    def train(self):
        """One turn."""
        start = time.perf_counter()
        while (elapsed := time.perf_counter() - start) < TURN_SECONDS:
            self._step()
        self.seconds += elapsed


def measure(options):
    """Trains all sizes and yields a row each."""
    keras.config.set_dtype_policy(options.precision)
    dataset = keras_san.data.load(options.data, image_size=32, labels="auto", batch_size=1)
    contestants = {size: Contestant(size, dataset, options) for size in options.sizes}
    while any(c.seconds < 60 * options.minutes for c in contestants.values()):
        for size, contestant in contestants.items():
            if contestant.seconds < 60 * options.minutes:
                contestant.train()
                images = contestant.steps * options.batch_size
                print(f"{size}: {contestant.seconds / 60:.1f} min, {images:,} images", flush=True)
    keras.config.set_dtype_policy("float32")
    evaluation = keras_san.metrics.Evaluation(
        dataset, ("kid", "fd", "prdc", "fidelity"), options.count, options.extractor
    )
    for size, contestant in contestants.items():
        found = {result.measure: result for result in evaluation.of(contestant.model)}
        images = contestant.steps * options.batch_size
        yield {
            "data": dataset.name,
            "feature_size": size,
            "minutes": f"{contestant.seconds / 60:.0f}",
            "images": images,
            "images_per_second": f"{images / contestant.seconds:.1f}",
            **{name: f"{found[name].value:.4g}" for name in MEASURES},
            "kid_standard_error": f"{found['kid'].standard_error:.2g}",
            "extractor": options.extractor,
            "count": options.count,
            "generator_width": options.generator_width,
            "width": options.width,
            "batch_size": options.batch_size,
            "augment": " ".join(options.augment),
            "precision_policy": options.precision,
            "seed": options.seed,
            **results.facts(),
        }


def main(arguments=None):
    """Measures, merges the rows and rewrites the page."""
    options = parse_arguments(arguments)
    if not options.table_only:
        if options.data is None:
            raise SystemExit("--data FILE: the .npz file of the data set")
        for row in measure(options):
            results.merge(options.out, row, COLUMNS, KEY)
            print({name: row[name] for name in COLUMNS[1:11]}, flush=True)
    rows = sorted(results.read(options.out), key=lambda row: int(row["feature_size"]))
    text = results.markdown(rows, TABLE) if rows else "Not measured yet."
    results.put(options.page, "feature_size", text)


if __name__ == "__main__":
    main()
