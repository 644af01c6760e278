"""Draw images from a preset or a trained run: one PNG a seed, and a grid of all."""

from pathlib import Path

from keras_san.cli.integers import parse_integers
from keras_san.cli.training_options import positive_int


def configure(parser):
    """Adds the options of `keras-san generate`."""
    parser.add_argument(
        "--preset",
        required=True,
        metavar="NAME|RUN|FOLDER",
        help="a name that `keras-san presets` lists, a run folder, a preset folder or hf://owner/name",
    )
    parser.add_argument(
        "--seeds", default="0-15", metavar="LIST", help="such as 0-15,20 (default 0-15)"
    )
    parser.add_argument(
        "--labels",
        metavar="LIST",
        help="classes such as 3 or 0-9, given to the seeds in turn (default: drawn from the seed)",
    )
    parser.add_argument(
        "--truncation",
        type=float,
        default=1.0,
        metavar="NUMBER",
        help="below 1 for less variety and fewer faults (default 1)",
    )
    parser.add_argument(
        "--batch-size",
        type=positive_int,
        default=64,
        metavar="N",
        help="images at a time (default 64)",
    )
    parser.add_argument(
        "--columns",
        type=positive_int,
        metavar="N",
        help="columns of the grid (default: near a square)",
    )
    parser.add_argument(
        "--out", default="generated", metavar="DIR", help="folder to write (default generated)"
    )


def run(arguments):
    """Runs `keras-san generate`."""
    seeds = parse_integers(arguments.seeds, "--seeds")
    labels = None
    if arguments.labels is not None:
        classes = parse_integers(arguments.labels, "--labels")
        labels = [classes[index % len(classes)] for index in range(len(seeds))]

    # Imported here: they start the backend, which a wrong option need not wait for.
    from keras_san.data.grid import image_grid, save_png
    from keras_san.presets.load import load_preset

    model = load_preset(arguments.preset, load_discriminator=False)
    images = model.generate(
        seeds=seeds,
        labels=labels,
        truncation=arguments.truncation,
        batch_size=arguments.batch_size,
    )
    picture = image_grid(images, columns=arguments.columns)
    folder = Path(arguments.out)
    paths = [folder / f"seed{seed:04d}.png" for seed in seeds]
    for image, path in zip(images, paths, strict=True):
        save_png(image, path)
    grid = folder / "grid.png"
    save_png(picture, grid)
    span = paths[0].name if len(paths) == 1 else f"{paths[0].name} ... {paths[-1].name}"
    print(f"wrote {len(paths)} image{'s' * (len(paths) > 1)} to {folder} ({span})")
    print(f"wrote {grid}")
