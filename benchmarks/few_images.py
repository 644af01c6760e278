"""A few hundred images: one category of emoji with the projected SAN, and whether it copies them.

    KERAS_BACKEND=tensorflow python -m benchmarks.few_images --data emoji.npz --minutes 40
    KERAS_BACKEND=tensorflow python -m benchmarks.few_images --data emoji.npz --minutes 80

Writes the images of the category into two folders, every fourth into the held-out one, runs
`keras-san train` on the other, or goes on where an earlier call stopped, and measures: kernel
distance, precision, recall and memorisation, and how far the nearest training image is from a
generated and from a held-out one. The row goes to results/few_images.csv; the table of
docs/projected_san.md and the picture beside it are rewritten.
"""

import argparse
import pathlib
import shlex

import numpy as np

import keras_san
from benchmarks import results, trainings
from keras_san.data import image_folder, image_grid, save_png

FOLDER = pathlib.Path(__file__).parent
PAGE = FOLDER.parent / "docs" / "projected_san.md"
PICTURE = "images/few_images.png"
HELD_OUT = 4
MEASURES = ("kid", "precision", "recall", "memorisation")
COLUMNS = ("data", "category", "train_images", "held_out_images", "resolution", "images", "hours")
COLUMNS += (*MEASURES, "memorisation_standard_error", "distance", "held_out_distance")
COLUMNS += ("count", "extractor", "command", "backend", *results.FACTS)
KEY = ("data", "category", "resolution", "images", "extractor", "count", "command", "backend")
KEY += ("cpu",)
TABLE = {
    "category": "{category}",
    "images of it": "{train_images}",
    "images seen": "{images}",
    "hours": "{hours}",
    "KID": "{kid}",
    "precision": "{precision}",
    "recall": "{recall}",
    "memorisation": "{memorisation} ± {memorisation_standard_error}",
    "nearest training image": "{distance}",
    "the same of held-out images": "{held_out_distance}",
    "measured": "{count} images, {extractor}; {backend}, {threads} threads, {date}, {cpu}, "
    "{versions}",
}


def parse_arguments(arguments=None):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, help=".npz file with x_train and y_train")
    parser.add_argument("--category", type=int, default=7, help="class number; default 7")
    parser.add_argument("--minutes", type=float, default=40.0, help="of training in this call")
    parser.add_argument("--resolution", type=int, default=64)
    parser.add_argument("--count", type=int, default=1000, help="generated images; default 1000")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("runs/few_images"))
    parser.add_argument("--train", default="", help="further options of keras-san train")
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER / "results" / "few_images.csv")
    parser.add_argument("--page", type=pathlib.Path, default=PAGE)
    parser.add_argument("--table-only", action="store_true", help="train and measure nothing")
    return parser.parse_args(arguments)


def write_folders(options):
    """Writes the category into the folders train and held_out; returns its name.

    They lie in a folder of their own, so that no other category's images are among them.
    """
    options.work /= f"{options.data.stem}-{options.category}-{options.resolution}"
    with np.load(options.data) as file:
        images = file["x_train"][file["y_train"] == options.category]
        names = file["classes"] if "classes" in file else None
    for index, image in enumerate(images):
        folder = "held_out" if index % HELD_OUT == HELD_OUT - 1 else "train"
        save_png(image, options.work / folder / f"{index:05d}.png")
    return str(options.category if names is None else names[options.category])


def train(options):
    """Trains, or trains on; returns the run folder and the command that began it."""
    networks = ["--model", "projected", "--resolution", str(options.resolution)]
    networks += ["--width", "32", "--generator-width", "8", "--mirror"]
    networks += ["--mixed-precision", "mixed_bfloat16", *shlex.split(options.train)]
    out = options.work / "runs"
    if options.train and (run := trainings.unfinished(out)):
        raise SystemExit(f"{run} goes on with its own options: leave --train out.")
    minutes = ["--minutes", str(options.minutes)]
    return trainings.train(options.work / "train", out, networks, minutes)


def measure(model, options):
    """The picture, samples above the nearest training images, and measured columns of the row."""
    train_set, held_out = (
        image_folder(options.work / name, image_size=options.resolution, batch_size=1)
        for name in ("train", "held_out")
    )
    evaluation = keras_san.metrics.Evaluation(
        train_set, ("kid", "prdc", "memorisation"), options.count, held_out=held_out
    )
    found = {result.measure: result for result in evaluation.of(model)}
    real, others = (
        np.concatenate([np.asarray(one[index]) for index in range(one.batches_per_epoch)])
        for one in (train_set, held_out)
    )
    generated = model.generate(options.count, seed=0)
    features, real_features, other_features = (
        evaluation.extractor(images) for images in (generated, real, others)
    )
    nearest = keras_san.metrics.nearest_neighbours
    distances, places = nearest(features, real_features)
    picture = np.stack([generated[:12], real[places[:12]]])
    return picture, {
        "train_images": len(real),
        "held_out_images": len(others),
        **{name: f"{found[name].value:.3g}" for name in MEASURES},
        "memorisation_standard_error": f"{found['memorisation'].standard_error:.2g}",
        "distance": f"{np.median(distances):.3g}",
        "held_out_distance": f"{np.median(nearest(other_features, real_features)[0]):.3g}",
        "extractor": evaluation.extractor.name,
    }


def train_and_measure(options):
    """The row, and the picture."""
    category = write_folders(options)
    run, command = train(options)
    picture, measured = measure(keras_san.SANModel.from_preset(run.preset), options)
    history = run.history()
    return picture, measured | {
        "data": options.data.stem,
        "category": category,
        "resolution": options.resolution,
        "images": int(history["images_seen"][-1]),
        "hours": f"{history['seconds'][-1] / 3600:.2f}",
        "count": options.count,
        "command": command,
        **results.facts(),
    }


def main(arguments=None):
    """Trains, measures, and rewrites the page."""
    options = parse_arguments(arguments)
    if not options.table_only:
        if options.data is None:
            raise SystemExit("--data FILE: the .npz file that holds the category")
        picture, row = train_and_measure(options)
        save_png(image_grid(picture), options.page.parent / PICTURE)
        results.merge(options.out, row, COLUMNS, KEY)
        print({name: row[name] for name in COLUMNS[:13]}, flush=True)
    rows = sorted(results.read(options.out), key=lambda row: int(row["images"]))
    text = "Not run yet."
    if rows:
        text = f"```\n{rows[-1]['command']}\n```\n\n{results.markdown(rows, TABLE)}\n\n"
        text += f"![Generated emoji above the training images most like them]({PICTURE})"
    results.put(options.page, "few_images", text)


if __name__ == "__main__":
    main()
