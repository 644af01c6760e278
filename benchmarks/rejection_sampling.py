"""Does the discriminator help to choose? A preset with and without it, by measures of images.

    KERAS_BACKEND=torch python -m benchmarks.rejection_sampling --data fashion_mnist
    KERAS_BACKEND=torch python -m benchmarks.rejection_sampling --data sample --count 100 \
        --calibration-split train --samplers plain drs --burn-in 200 --out try.csv --page ""

Draws as many images with each sampler and judges them against the same real images by the same
protocol. Rows go to results/rejection_sampling.csv, and the table of docs/samplers.md is rewritten.
"""

import argparse
import datetime
import importlib.metadata
import os
import pathlib
import time

import keras

import keras_san
from benchmarks import results
from keras_san.sampling import (
    RejectionSampler,
    ScoreCalibration,
    calibrate_scores,
    langevin_latents,
    random_labels,
)

FOLDER = pathlib.Path(__file__).parent
PAGE = FOLDER.parent / "docs" / "samplers.md"
MEASURES = ("precision", "recall", "density", "coverage", "kid", "fd")
COLUMNS = ("preset", "sampler", "settings", "protocol", *MEASURES, "kid_standard_error")
COLUMNS += ("fd_floor", "slope", "acceptance_rate", "images_per_second", "burn_in_seconds")
COLUMNS += ("seed", "threads", "date", "cpu", "versions")
KEY = ("preset", "sampler", "settings", "protocol", "seed")


def parse_arguments(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="dcgan_fashion_mnist_32")
    parser.add_argument("--data", default="fashion_mnist", help="what it was trained on")
    parser.add_argument("--resize", default="pad", help="as in its training")
    parser.add_argument("--calibration-split", default="test", help="real images held out")
    parser.add_argument("--calibration-count", type=int, default=2000)
    parser.add_argument("--samplers", nargs="*", default=list(SAMPLERS), choices=list(SAMPLERS))
    parser.add_argument("--count", type=int, default=10_000, help="images of each sampler")
    parser.add_argument("--extractor", default="effnetlite0")
    parser.add_argument("--percentile", type=float, default=80.0, help="of drs")
    parser.add_argument("--burn-in", type=int, default=10_000, help="of drs")
    parser.add_argument("--steps", type=int, default=20, help="of ddls")
    parser.add_argument("--step-size", type=float, default=0.05, help="of ddls")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--cache", help="folder that keeps what was computed of the real images")
    parser.add_argument("--out", default=str(FOLDER / "results" / "rejection_sampling.csv"))
    parser.add_argument("--page", default=str(PAGE), help="Markdown to rewrite; empty for none")
    parser.add_argument("--table-only", action="store_true", help="measure nothing")
    return parser.parse_args(arguments)


def plain(model, options, calibration):
    images = model.generate(options.count, seed=options.seed, batch_size=options.batch_size)
    return images, "", {}


def drs(model, options, calibration):
    sampler = RejectionSampler(
        model,
        percentile=options.percentile,
        burn_in=options.burn_in,
        calibration=calibration,
        batch_size=options.batch_size,
    )
    start = time.perf_counter()
    sampler.prepare()
    seconds = time.perf_counter() - start
    samples = sampler.sample(options.count, seed=options.seed)
    settings = f"percentile {options.percentile:g}, burn-in {options.burn_in}"
    facts = {"acceptance_rate": f"{samples.acceptance_rate:.4f}"}
    return samples.images, settings, facts | {"burn_in_seconds": f"{seconds:.1f}"}


def drs_raw(model, options, calibration):
    return drs(model, options, ScoreCalibration())


def ddls(model, options, calibration):
    seeds = range(options.seed, options.seed + options.count)
    labels = random_labels(seeds, model.num_classes) if model.num_classes else None
    vectors = langevin_latents(
        model,
        seeds,
        labels,
        steps=options.steps,
        step_size=options.step_size,
        slope=calibration.slope,
        batch_size=options.batch_size,
    )
    images = model.generate_from_latents(vectors, labels, options.batch_size)
    return images, f"{options.steps} steps of {options.step_size:g}", {}


SAMPLERS = {"plain": plain, "drs_raw": drs_raw, "drs": drs, "ddls": ddls}


def load(options, model, split, batch_size):
    return keras_san.data.load(
        options.data,
        image_size=model.image_shape[0],
        batch_size=batch_size,
        labels="auto" if model.num_classes else "none",
        split=split,
        resize=options.resize,
        drop_remainder=False,
    )


def calibrate(model, options):
    """Slope and intercept of the preset's scores, on real images that it was not trained on."""
    batch = load(options, model, options.calibration_split, options.calibration_count)[0]
    images, labels = batch if isinstance(batch, tuple) else (batch, None)
    return calibrate_scores(model, images, labels, batch_size=options.batch_size)


def measure(name, model, options, calibration, evaluation):
    """The row of one sampler."""
    start = time.perf_counter()
    images, settings, facts = SAMPLERS[name](model, options, calibration)
    # The burn-in is paid once, however many images follow.
    seconds = time.perf_counter() - start - float(facts.get("burn_in_seconds", 0.0))
    found = {result.measure: result for result in evaluation.of(images)}
    slope = {"plain": "", "drs_raw": 1.0}.get(name, f"{calibration.slope:.4g}")
    backend = keras.backend.backend()
    version = importlib.import_module(backend).__version__
    row = dict.fromkeys(COLUMNS, "") | {
        "preset": options.preset,
        "sampler": name,
        "settings": settings,
        "protocol": found["kid"].protocol.suffix,
        **{measure: f"{found[measure].value:.6g}" for measure in MEASURES},
        "kid_standard_error": f"{found['kid'].standard_error or 0.0:.2g}",
        "fd_floor": f"{found['fd'].floor.value:.6g}" if found["fd"].floor else "",
        "slope": slope,
        "images_per_second": f"{options.count / seconds:.1f}",
        "seed": options.seed,
        "threads": os.environ.get("OMP_NUM_THREADS", os.cpu_count()),
        "date": datetime.date.today().isoformat(),
        "cpu": results.processor(),
        "versions": f"keras {keras.__version__} {backend} {version}",
    }
    return row | facts


def table(rows):
    """The rows as a Markdown table, each protocol and preset together."""
    lines = [
        "| preset | sampler | settings | precision | recall | KID x 1000 | density | coverage "
        "| kept | images/s | protocol |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    order = list(SAMPLERS)
    for row in sorted(
        rows, key=lambda row: (row["preset"], row["protocol"], order.index(row["sampler"]))
    ):
        kept = f"{100 * float(row['acceptance_rate']):.0f} %" if row["acceptance_rate"] else ""
        kid = f"{1000 * float(row['kid']):.3f} ± {1000 * float(row['kid_standard_error']):.3f}"
        scores = [f"{float(row[name]):.3f}" for name in ("precision", "recall")]
        others = [f"{float(row[name]):.3f}" for name in ("density", "coverage")]
        cells = [f"`{row['preset']}`", f"`{row['sampler']}`", row["settings"], *scores, kid]
        cells += [*others, kept, row["images_per_second"], row["protocol"]]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments=None):
    options = parse_arguments(arguments)
    if not options.table_only:
        model = keras_san.SANModel.from_preset(options.preset)
        calibration = calibrate(model, options)
        evaluation = keras_san.metrics.Evaluation(
            load(options, model, "train", options.batch_size),
            measures=("fd", "kid", "prdc"),
            count=options.count,
            extractor=options.extractor,
            cache=options.cache,
        )
        for name in options.samplers:
            row = measure(name, model, options, calibration, evaluation)
            results.merge(options.out, row, COLUMNS, KEY)
            print(", ".join(f"{key} {row[key]}" for key in COLUMNS[1:14]), flush=True)
    rows = results.read(options.out)
    print(table(rows))
    if options.page:
        results.put(options.page, "rejection_sampling", table(rows))


if __name__ == "__main__":
    main()
