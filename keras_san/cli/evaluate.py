"""Measure a preset, a run or a folder of images against real ones."""

import json
from pathlib import Path

from keras_san.cli.numbers_above_zero import positive_int
from keras_san.cli.output import check_output_file


def configure(parser):
    """Adds the options of `keras-san evaluate`."""
    parser.add_argument(
        "--preset",
        required=True,
        metavar="NAME|RUN|FOLDER",
        help="what to judge: a preset, a run folder, or a folder of images made by any tool",
    )
    parser.add_argument(
        "--data",
        required=True,
        metavar="PATH|NAME",
        help="the real images: a folder, an .npz file, `sample` or a name of keras.datasets",
    )
    parser.add_argument(
        "--measures",
        default="fd,kid,prdc",
        metavar="LIST",
        help="some of fd, kid, prdc, iss, ifd, fidelity, msssim, ppl, memorisation, authenticity "
        "(default fd,kid,prdc)",
    )
    parser.add_argument(
        "--count",
        type=positive_int,
        default=10_000,
        metavar="N",
        help="images of each kind (default 10000, or all there are)",
    )
    parser.add_argument(
        "--extractor",
        default="effnetlite0",
        metavar="NAME|FILE",
        help="effnetlite0 (default), mnistclassifier, fashionmnistclassifier, "
        "cifar10jpegclassifier, cifar10jpegprobe, or your copy of the Inception weights (.pth)",
    )
    parser.add_argument(
        "--split", default="train", metavar="NAME", help="of --data: train (default) or test"
    )
    parser.add_argument(
        "--held-out",
        metavar="SPLIT|PATH|NAME",
        help="real images that were not trained on: `test` of --data, or other data",
    )
    parser.add_argument(
        "--labels", action="store_true", help="class folders of --data are its labels"
    )
    parser.add_argument(
        "--resolution",
        type=positive_int,
        metavar="N",
        help="bring the images of folders to this size (default: as they are; real ones to the "
        "size of the model's)",
    )
    parser.add_argument(
        "--resize", choices=["crop", "pad"], default="crop", help="of real images (default crop)"
    )
    parser.add_argument(
        "--on-error",
        choices=["raise", "skip"],
        default="raise",
        help="at a broken file of a folder: raise (default) ends it, skip takes the next whole "
        "image in its place",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default 0")
    parser.add_argument(
        "--batch-size", type=positive_int, default=64, metavar="N", help="images at a time"
    )
    parser.add_argument(
        "--cache", metavar="DIR", help="folder that keeps what was computed of the real images"
    )
    parser.add_argument("--json", metavar="FILE", help="also write all numbers and protocols here")


def run(arguments):
    """Runs `keras-san evaluate`."""
    if arguments.json:
        check_output_file(arguments.json, "--json")
    # Imported here: they start the backend, which a wrong option need not wait for.
    from keras_san.metrics.evaluation import Evaluation

    fake = _generated(arguments)
    # A model's images have one size; those of a folder are taken as they are, or brought to one.
    size = arguments.resolution
    if hasattr(fake, "generator"):
        size = fake.image_shape[0]
        if arguments.resolution not in (None, size):
            raise ValueError(
                f"--resolution {arguments.resolution} is for folders of images: {arguments.preset} "
                f"draws {size} x {fake.image_shape[1]} pixels, and real images are brought to that."
            )
    real = _real(arguments, arguments.data, arguments.split, size, fake.image_shape)
    if not hasattr(fake, "generator") and real.image_shape[-1] == 1 and fake.image_shape[-1] == 3:
        print(f"the images of {arguments.preset} are read as greyscale, as those of --data are")
        fake = _generated(arguments, color_mode="grayscale")
    held_out = None
    if arguments.held_out in ("train", "test"):
        if arguments.held_out == arguments.split or _is_folder(arguments.data):
            raise ValueError(
                f"--held-out {arguments.held_out} is another split of --data, but "
                f"{arguments.data!r} has no such split: they would be the same images. Pass the "
                "folder or file that holds images that were not trained on."
            )
        held_out = _real(arguments, arguments.data, arguments.held_out, size, fake.image_shape)
    elif arguments.held_out is not None:
        held_out = _real(arguments, arguments.held_out, "train", size, fake.image_shape)
    evaluation = Evaluation(
        real,
        measures=arguments.measures,
        count=arguments.count,
        extractor=arguments.extractor,
        held_out=held_out,
        split=arguments.split,
        seed=arguments.seed,
        batch_size=arguments.batch_size,
        cache=arguments.cache,
    )
    results = evaluation.of(fake)
    print(_table(results))
    if arguments.json:
        path = Path(arguments.json)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "subject": Path(arguments.preset).name,
            "data": real.name,
            "results": [result.as_dict() for result in results],
        }
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        print(f"wrote {path}")
    return 0


def _generated(arguments, color_mode="rgb"):
    """What is judged: a model, or the images of a folder."""
    from keras_san.metrics.image_folder import folder_images
    from keras_san.presets.layout import is_preset
    from keras_san.presets.load import load_preset
    from keras_san.presets.registry import names

    folder = Path(arguments.preset).expanduser()
    holds_preset = arguments.preset in names() or is_preset(folder) or is_preset(folder / "preset")
    is_run = (folder / "options.json").is_file()
    if folder.is_dir() and not holds_preset and not is_run:
        return folder_images(
            folder,
            arguments.resolution,
            color_mode=color_mode,
            resize=arguments.resize,
            on_error=arguments.on_error,
        )
    return load_preset(arguments.preset, load_discriminator=False)


def _real(arguments, data, split, size, image_shape):
    """Real images; of a folder at `size`, or as they are where that is None."""
    from keras_san.data.load import load
    from keras_san.metrics.image_folder import folder_images

    if _is_folder(data):
        color_mode = "grayscale" if image_shape[-1] == 1 else "rgb"
        labels = "folder" if arguments.labels else "none"
        options = (labels, color_mode, arguments.resize, arguments.on_error)
        return folder_images(data, size, *options)
    return load(data, image_size=image_shape[0], batch_size=1, split=split, resize=arguments.resize)


def _is_folder(data):
    from keras_san.data.load import NAMES

    return data not in NAMES and Path(data).is_dir()


def _table(results):
    """A line a result: name, value, standard error, floor."""
    rows = [("measure", "value", "real against real")]
    for result in results:
        floor = ""
        if result.floor is not None:
            floor = f"{result.floor.value:.5g} ({result.floor_count:,} images each)"
        rows.append((result.name, str(result.estimate), floor))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    protocol = results[0].protocol.description()
    return "\n".join([*(line.rstrip() for line in lines), f"protocol: {protocol}"])
