"""Choices of a projected SAN, by the hour: the feature size, and what brings variety.

    KERAS_BACKEND=tensorflow python -m benchmarks.projected --data cifar10_jpeg.npz
    KERAS_BACKEND=tensorflow python -m benchmarks.projected --data cifar10_jpeg.npz --minutes 60
    KERAS_BACKEND=tensorflow python -m benchmarks.projected --data cifar10_jpeg.npz --sizes 64 \
        --variants published both both_and_pixels --augment blur:2:10000

The same model at several feature sizes and in several variants, each given as many minutes of
training; they take turns of half a minute, so that what else the machine does hits all of them.
Each is measured in the features of a classifier that no discriminator has seen. Rows go to
results/projected.csv, and the tables of docs/projected_san.md are rewritten: of the feature sizes
as published, and of the variants where there are several.
"""

import argparse
import itertools
import pathlib
import time

import keras

import keras_san
from benchmarks import results
from keras_san.data.image_dataset import ImageDataset

FOLDER = pathlib.Path(__file__).parent
PAGE = FOLDER.parent / "docs" / "projected_san.md"
MEASURES = ("kid", "fd", "precision", "recall", "fidelity")
COLUMNS = ("data", "feature_size", "variant", "minutes", "images", "images_per_second", *MEASURES)
COLUMNS += ("kid_standard_error", "extractor", "count", "generator_width", "width", "batch_size")
COLUMNS += ("augment", "precision_policy", "seed", "backend", *results.FACTS)
KEY = ("data", "feature_size", "variant", "minutes", "extractor", "count", "generator_width")
KEY += ("width", "batch_size", "augment", "seed", "backend", "cpu")
SIZES = {"feature size": "{feature_size}"}
VARIETY = {"variant": "{variant}", "feature size": "{feature_size}"}
TABLE = {
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
# What differs from the published networks: options of the generator, and of the discriminator.
EYES = {"feature_network": ["efficientnet_lite0", "pixels"]}
VARIANTS = {
    "published": ({}, {}),
    "self_modulation": ({"self_modulation": True}, {}),
    "spectral": ({}, {"normalizer": "spectral"}),
    "both": ({"self_modulation": True}, {"normalizer": "spectral"}),
    "both_and_pixels": ({"self_modulation": True}, {"normalizer": "spectral", **EYES}),
}
TURN_SECONDS = 30.0


def parse_arguments(arguments=None):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, help="the .npz file of the data set")
    parser.add_argument("--sizes", type=int, nargs="*", default=[64, 96, 128])
    parser.add_argument("--variants", nargs="*", choices=VARIANTS, default=["published"])
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
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER / "results" / "projected.csv")
    parser.add_argument("--page", type=pathlib.Path, default=PAGE)
    parser.add_argument("--table-only", action="store_true", help="measure nothing")
    return parser.parse_args(arguments)


class Contestant:
    """One feature size in one variant: its model, and the time that it has trained."""

    def __init__(self, size, variant, dataset, options):
        generator, discriminator = VARIANTS[variant]
        keras.utils.set_random_seed(options.seed)
        self.model = keras_san.models.build(
            "projected",
            dataset.image_shape,
            num_classes=len(dataset.class_names),
            generator_options={"width": options.generator_width, **generator},
            discriminator_options={"width": options.width, "feature_size": size, **discriminator},
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
    """Trains all sizes in all variants and yields a row each."""
    keras.config.set_dtype_policy(options.precision)
    dataset = keras_san.data.load(options.data, image_size=32, labels="auto", batch_size=1)
    contestants = {
        choice: Contestant(*choice, dataset, options)
        for choice in itertools.product(options.sizes, options.variants)
    }
    while any(c.seconds < 60 * options.minutes for c in contestants.values()):
        for (size, variant), contestant in contestants.items():
            if contestant.seconds < 60 * options.minutes:
                contestant.train()
                images = contestant.steps * options.batch_size
                print(
                    f"{size}, {variant}: {contestant.seconds / 60:.1f} min, {images:,} images",
                    flush=True,
                )
    keras.config.set_dtype_policy("float32")
    evaluation = keras_san.metrics.Evaluation(
        dataset, ("kid", "fd", "prdc", "fidelity"), options.count, options.extractor
    )
    for (size, variant), contestant in contestants.items():
        found = {result.measure: result for result in evaluation.of(contestant.model)}
        images = contestant.steps * options.batch_size
        yield {
            "data": dataset.name,
            "feature_size": size,
            "variant": variant,
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
    published = [row for row in rows if row["variant"] == "published"]
    compared = {row["feature_size"] for row in rows if row["variant"] != "published"}
    variants = [row for row in rows if row["feature_size"] in compared]
    for name, found, columns in (
        ("feature_size", published, SIZES),
        ("variety", variants, VARIETY),
    ):
        text = results.markdown(found, columns | TABLE) if found else "Not measured yet."
        results.put(options.page, name, text)


if __name__ == "__main__":
    main()
