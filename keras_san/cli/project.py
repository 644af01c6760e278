"""Find the latents whose image comes nearest to a given one, and show both side by side."""

from pathlib import Path

from keras_san.cli.labels import class_names_of, parse_labels
from keras_san.cli.numbers_above_zero import positive_int
from keras_san.cli.output import check_output

NO_EXTRACTOR = "none"


def configure(parser):
    """Adds the options of `keras-san project`."""
    parser.add_argument(
        "--preset",
        required=True,
        metavar="NAME|RUN|FOLDER",
        help="a name that `keras-san presets` lists, a run folder, a preset folder or hf://owner/name",
    )
    parser.add_argument("--image", required=True, metavar="FILE", help="the image to find")
    parser.add_argument(
        "--out", default="projected", metavar="DIR", help="folder to write (default projected)"
    )
    parser.add_argument(
        "--label", metavar="CLASS", help="such as 3 or sneaker (default: the best that is met)"
    )
    parser.add_argument(
        "--resize", choices=["crop", "pad"], default="crop", help="of the image (default crop)"
    )
    parser.add_argument(
        "--extractor",
        default="effnetlite0",
        metavar="NAME|FILE",
        help="whose features are compared beside the pixels: effnetlite0 (default), "
        "mnistclassifier, fashionmnistclassifier, cifar10jpegclassifier, cifar10jpegprobe, your "
        "copy of the Inception weights (.pth), or none",
    )
    parser.add_argument(
        "--feature-weight",
        type=float,
        default=1.0,
        metavar="NUMBER",
        help="of the features beside the pixels (default 1)",
    )
    parser.add_argument(
        "--starts",
        type=positive_int,
        default=8,
        metavar="N",
        help="seeds to start from; the best of them is kept (default 8)",
    )
    parser.add_argument(
        "--steps", type=positive_int, default=200, metavar="N", help="of Adam (default 200)"
    )
    parser.add_argument(
        "--learning-rate",
        type=float,
        default=0.1,
        metavar="NUMBER",
        help="of Adam at the first step (default 0.1)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the first (default 0)")


def run(arguments):
    """Runs `keras-san project`."""
    path = Path(arguments.image).expanduser()
    if not path.is_file():
        raise ValueError(f"--image {arguments.image}: there is no such file.")
    check_output(arguments.out)

    # Imported here: they start the backend, which a wrong option need not wait for.
    import numpy as np

    from keras_san.data.decode import CHANNELS, read_image
    from keras_san.data.grid import image_grid, save_png
    from keras_san.presets.load import load_preset
    from keras_san.sampling import project

    model = load_preset(arguments.preset, load_discriminator=False)
    height, _, channels = model.image_shape
    (color_mode,) = [name for name, count in CHANNELS.items() if count == channels]
    try:
        image = read_image(path, height, color_mode, arguments.resize)
    except Exception as error:
        raise ValueError(f"--image {arguments.image} cannot be read: {error}") from error
    found = project(
        model,
        image[None],
        features=_extractor(arguments.extractor),
        labels=_label(arguments),
        feature_weight=arguments.feature_weight,
        starts=arguments.starts,
        steps=arguments.steps,
        learning_rate=arguments.learning_rate,
        seed=arguments.seed,
    )
    folder = Path(arguments.out)
    picture = folder / "projection.png"
    save_png(image_grid(np.stack([image, found.images[0]]), columns=2), picture)
    arrays = {"latents": found.latents, "losses": found.losses, "images": found.images}
    if found.labels is not None:
        arrays["labels"] = found.labels
    np.savez(folder / "projection.npz", **arrays)
    label = "" if found.labels is None else f", class {found.labels[0]}"
    print(f"loss {found.losses[0]:.4g}{label}")
    print(f"wrote {picture} (left the given image, right the generated one)")
    print(f"wrote {folder / 'projection.npz'}")


def _label(arguments):
    if arguments.label is None:
        return None
    labels = parse_labels(arguments.label, class_names_of(arguments.preset), "--label")
    if len(labels) != 1:
        raise ValueError(f"--label {arguments.label}: an image is of one class, such as 3.")
    return labels[0]


def _extractor(name):
    if name == NO_EXTRACTOR:
        return None
    from keras_san.metrics.extractors.registry import get

    return get(name)
