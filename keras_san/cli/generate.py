"""Draw images from a preset or a trained run: one PNG a seed and a grid, or sheets of them."""

from pathlib import Path

from absl import logging

from keras_san.cli import samplers
from keras_san.cli.integers import parse_integers
from keras_san.cli.labels import class_names_of, parse_labels
from keras_san.cli.numbers_above_zero import positive_int
from keras_san.cli.output import check_output

# Images in a row of an interpolation.
FRAMES = 8


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
        help="classes such as 3, 0-9 or sneaker,bag, given to the seeds in turn (default: drawn "
        "from the seed)",
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
    samplers.configure(parser)
    group = parser.add_argument_group("sheets, in place of single images")
    group.add_argument(
        "--interpolate",
        choices=["linear", "spherical"],
        help="a row from each seed to the next, all of one class",
    )
    group.add_argument(
        "--frames",
        type=positive_int,
        metavar="N",
        help="images in a row of --interpolate (default 8)",
    )
    group.add_argument(
        "--gif",
        metavar="FILE",
        help="also write --interpolate, closed to a loop, as an animation (.gif, .png or .webp)",
    )
    group.add_argument(
        "--sheet", choices=["classes"], help="classes: a row a seed, a column a class"
    )


def run(arguments):
    """Runs `keras-san generate`."""
    seeds = parse_integers(arguments.seeds, "--seeds")
    classes = None
    if arguments.labels is not None:
        classes = parse_labels(arguments.labels, class_names_of(arguments.preset))
    _check(arguments, seeds, classes)
    mode = _interpolation if arguments.interpolate else _sheet if arguments.sheet else _images

    # Imported here: they start the backend, which a wrong option need not wait for.
    from keras_san.presets.load import load_preset

    model = load_preset(arguments.preset, load_discriminator=arguments.sampler != "plain")
    mode(model, arguments, seeds, classes)


def _check(arguments, seeds, classes):
    """Raises a `ValueError` if options contradict each other."""
    sheets = [
        option
        for option, value in (
            ("--interpolate", arguments.interpolate),
            ("--sheet", arguments.sheet),
        )
        if value
    ]
    if len(sheets) > 1:
        raise ValueError(f"Choose one of {' and '.join(sheets)}.")
    if sheets and arguments.sampler != "plain":
        raise ValueError(
            f"{sheets[0]} shows the latents of the seeds: it does not go with "
            f"--sampler {arguments.sampler}."
        )
    for option in ("gif", "frames"):
        if getattr(arguments, option) is not None and not arguments.interpolate:
            raise ValueError(f"--{option} needs --interpolate linear or --interpolate spherical.")
    check_output(arguments.out)
    if not sheets and len(set(seeds)) < len(seeds):
        raise ValueError(
            f"--seeds {arguments.seeds}: a seed comes twice, and each is one image and one file. "
            "One seed in several classes: --sheet classes."
        )
    if arguments.interpolate and classes is not None and len(classes) > 1:
        raise ValueError(
            f"--labels {arguments.labels}: an interpolation shows one class, such as --labels 3."
        )
    samplers.check(arguments, seeds)


def _images(model, arguments, seeds, classes):
    from keras_san.data.grid import image_grid, save_png

    images, seeds = samplers.draw(model, arguments, seeds, classes)
    picture = image_grid(images, columns=arguments.columns)
    folder = Path(arguments.out)
    paths = [folder / f"seed{seed:04d}.png" for seed in seeds]
    others = set(folder.glob("seed*.png")) - set(paths)
    if others:
        logging.warning(
            "%s holds %d more image%s seed*.png from before, of other seeds or presets: "
            "whoever reads the folder takes all of them together.",
            folder,
            len(others),
            "s" * (len(others) > 1),
        )
    for image, path in zip(images, paths, strict=True):
        save_png(image, path)
    grid = folder / "grid.png"
    save_png(picture, grid)
    names = sorted(path.name for path in paths)
    span = names[0] if len(names) == 1 else f"{names[0]} ... {names[-1]}"
    print(f"wrote {len(paths)} image{'s' * (len(paths) > 1)} to {folder} ({span})")
    print(f"wrote {grid}")


def _interpolation(model, arguments, seeds, classes):
    from keras_san.data.animation import save_animation
    from keras_san.data.grid import image_grid, save_png
    from keras_san.sampling import interpolate, video_frames

    rows = interpolate(
        model,
        seeds,
        arguments.frames or FRAMES,
        kind=arguments.interpolate,
        label=None if classes is None else classes[0],
        closed=arguments.gif is not None,
        truncation=arguments.truncation,
        batch_size=arguments.batch_size,
    )
    grid = Path(arguments.out) / "interpolation.png"
    if arguments.gif is not None:
        save_animation(video_frames(rows, closed=True), arguments.gif)
        print(f"wrote {arguments.gif}")
    save_png(image_grid(rows, columns=arguments.columns), grid)
    print(f"wrote {grid}")


def _sheet(model, arguments, seeds, classes):
    from keras_san.data.grid import image_grid, save_png
    from keras_san.sampling import class_sheet

    sheet = class_sheet(
        model, seeds, classes, arguments.truncation, batch_size=arguments.batch_size
    )
    grid = Path(arguments.out) / "classes.png"
    save_png(image_grid(sheet, columns=arguments.columns), grid)
    print(f"wrote {grid}")
