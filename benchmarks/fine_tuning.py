"""Does a preset help images of another kind? One training from it and from nothing.

    KERAS_BACKEND=tensorflow python -m benchmarks.fine_tuning --preset NAME --data emoji.npz

Runs of `keras-san train` with one budget and the same options: from the preset with the first
layers of the discriminator held still (FreezeD), from the preset with all of them free, and from
nothing, with networks of the same shape. Their kernel distance on the way is that of `keras-san
train`; at the end more images are measured. What an earlier call left goes on. Rows go to
results/fine_tuning.csv; the tables of docs/fine_tuning.md, one a preset, and the preset's picture
beside them are rewritten.
"""

import argparse
import pathlib
import shlex

import numpy as np

import keras_san
from benchmarks import results, trainings
from keras_san.cli.fine_tuning import options_of
from keras_san.cli.run_folder import RunFolder
from keras_san.data import image_grid, save_png
from keras_san.data.load import load

FOLDER = pathlib.Path(__file__).parent
PAGE = FOLDER.parent / "docs" / "fine_tuning.md"
PICTURE = "images/fine_tuning_{preset}.png"
WAYS = ("frozen", "free", "nothing")
SHOWN = 12
TRAIN = "--augment ada --batch-size 32"
MEASURES = ("kid", "fd", "precision", "recall")
KEY = ("preset", "data", "way", "freeze_layers", "images", "count", "options", "backend", "cpu")
COLUMNS = (*KEY[:4], "images", "hours", "curve", *MEASURES, "fd_real", "count", "extractor")
COLUMNS += ("options", "command", "backend", *results.FACTS)
TABLE = {
    "start": "{start}",
    "images seen": "{images}",
    "hours": "{hours}",
    "KID of 1,000 images at a quarter, half, three quarters": "{curve}",
    "KID": "{kid}",
    "FD (real against real)": "{fd} ({fd_real})",
    "precision": "{precision}",
    "recall": "{recall}",
    "measured": "{count} images, {extractor}; {backend}, {threads} threads, {date}, {cpu}, "
    "{versions}",
}


def parse_arguments(arguments=None):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="dcgan_cifar10_jpeg_32")
    parser.add_argument("--data", type=pathlib.Path, help=".npz file or folder of images")
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=list(WAYS))
    parser.add_argument("--freeze-layers", type=int, default=4)
    parser.add_argument("--images", type=int, default=60_000, help="a run; default 60000")
    parser.add_argument("--count", type=int, default=5000, help="generated images; default 5000")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("runs/fine_tuning"))
    parser.add_argument("--train", default=TRAIN, help="options of all the trainings")
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER / "results" / "fine_tuning.csv")
    parser.add_argument("--page", type=pathlib.Path, default=PAGE)
    parser.add_argument("--table-only", action="store_true", help="train and measure nothing")
    return parser.parse_args(arguments)


def words_of(way, options):
    """What `keras-san train` is told of the start."""
    if way != "nothing":
        frozen = ["--freeze-layers", str(options.freeze_layers)] if way == "frozen" else []
        return ["--preset", options.preset, *frozen]
    words = []
    for name, value in options_of(options.preset).items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif name != "initial_preset" and value not in (None, False):
            words += [flag, str(value)]
    return words


def folder_of(way, options):
    """The folder of the runs of one way."""
    name = f"{options.preset}-{options.data.stem}-{way}-{options.freeze_layers}"
    return options.work / name


def train_and_measure(way, options, evaluation):
    """The row of a run."""
    words = [*words_of(way, options), *shlex.split(options.train)]
    words += ["--snapshot-images", str(options.images // 4)]
    budget = ["--images", str(options.images)]
    run, command = trainings.train(options.data, folder_of(way, options), words, budget)
    found = {result.measure: result for result in evaluation.of(model_of(run))}
    history = run.history()
    (column,) = (name for name in history if name.startswith("val_kid"))
    images, quarters = history["images_seen"], np.arange(1, 4) * options.images / 4
    curve = [history[column][int(np.argmin(np.abs(np.array(images) - at)))] for at in quarters]
    return {
        "preset": options.preset,
        "data": options.data.stem,
        "way": way,
        "freeze_layers": options.freeze_layers if way == "frozen" else 0,
        "images": int(images[-1]),
        "hours": f"{history['seconds'][-1] / 3600:.2f}",
        "curve": ", ".join(f"{value:.3g}" for value in curve),
        **{name: f"{found[name].value:.3g}" for name in MEASURES},
        "fd_real": f"{found['fd'].floor.value:.3g}",
        "count": options.count,
        "extractor": evaluation.extractor.name,
        "options": options.train,
        "command": command,
        **results.facts(),
    }


def model_of(run):
    """The model that a finished run holds."""
    return keras_san.SANModel.from_preset(run.preset)


def draw(options):
    """A line of images for the preset and one for each finished run, all of the same seeds."""
    lines = [keras_san.SANModel.from_preset(options.preset).generate(SHOWN, seed=0)]
    for way in WAYS:
        lines += [
            model_of(RunFolder.open(path.parent)).generate(SHOWN, seed=0)
            for path in sorted(folder_of(way, options).glob("*/preset"))
        ]
    picture = options.page.parent / PICTURE.format(preset=options.preset)
    save_png(image_grid(np.stack(lines)), picture)


def main(arguments=None):
    """Trains, measures, and rewrites the page."""
    options = parse_arguments(arguments)
    if not options.table_only:
        if options.data is None:
            raise SystemExit("--data FILE: the images to train on")
        resolution = options_of(options.preset)["resolution"]
        dataset = load(options.data, image_size=resolution, labels="none", batch_size=1)
        evaluation = keras_san.metrics.Evaluation(dataset, ("kid", "fd", "prdc"), options.count)
        for way in options.ways:
            row = train_and_measure(way, options, evaluation)
            results.merge(options.out, row, COLUMNS, KEY)
            print({name: row[name] for name in COLUMNS[:11]}, flush=True)
        draw(options)
    publish(options)


def publish(options):
    """Puts the commands, the table and the picture of each preset into the page."""
    rows = results.read(options.out)
    parts = [
        part_of(preset, [row for row in rows if row["preset"] == preset])
        for preset in sorted({row["preset"] for row in rows})
    ]
    results.put(options.page, "fine_tuning", "\n\n".join(parts) or "Not run yet.")


def part_of(preset, rows):
    """The part of the page that one preset has, as Markdown."""
    rows = sorted(rows, key=lambda row: WAYS.index(row["way"]))
    starts = {"frozen": "`{preset}`, {freeze_layers} layers frozen", "free": "`{preset}`"}
    shown = [row | {"start": starts.get(row["way"], "nothing").format(**row)} for row in rows]
    commands = "\n".join(row["command"] for row in rows)
    picture = PICTURE.format(preset=preset)
    return (
        f"### From `{preset}`\n\n```\n{commands}\n```\n\n{results.markdown(shown, TABLE)}\n\n"
        f"![Images of the preset, then of each run, of the same seeds]({picture})"
    )


if __name__ == "__main__":
    main()
