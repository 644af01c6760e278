"""The options of `keras-san train`: names, defaults and help. Imports no backend."""

from keras_san.cli.numbers_above_zero import positive_float, positive_int
from keras_san.cli.objective_options import OBJECTIVE_DEFAULTS, RECIPES, add_objective_options

# The heads that `keras_san.models.build` knows.
HEADS = (
    "san",
    "san_shared",
    "san_classifier",
    "dense",
    "dense_classifier",
    "auto_encoder",
)
# How `keras_san.models.build` tells a discriminator the label.
CONDITIONINGS = ("projection", "concat")
# What it may look through.
FEATURE_NETWORKS = ("efficientnet_lite0", "pixels")
# What may normalise its maps.
NORMALIZERS = ("spectral", "layer", "batch", "instance", "none", "spectral_batch")

DEFAULTS = {
    "data": None,
    "split": "train",
    "conditional": False,
    "color_mode": None,
    "resize": "crop",
    "on_error": "raise",
    "mirror": False,
    "model": "dcgan",
    "resolution": 32,
    "head": "san",
    "conditioning": None,
    "feature_network": None,
    "feature_size": None,
    "minibatch_std_dev": False,
    "normalizer": None,
    "self_modulation": False,
    "classes_alike": False,
    "width": None,
    "generator_width": None,
    "latent_dim": None,
    **OBJECTIVE_DEFAULTS,
    "batch_size": 64,
    "discriminator_steps": None,
    "generator_learning_rate": None,
    "discriminator_learning_rate": None,
    "ema_half_life": None,
    "mixed_precision": "float32",
    "distribute": "auto",
    "images": 1_000_000,
    "minutes": None,
    "seed": 0,
    "out": "runs",
    "snapshot_images": 25_000,
    "measures": "auto",
    "measure_images": 1000,
}


# Options that are given once for each of their values.
_REPEATED = ("penalty", "augment", "feature_network")


def add_options(parser):
    """Adds the options of training to an argparse parser.

    None has an argparse default: what is not given must stay told from what is, as a resumed run
    has options of its own. `DEFAULTS` holds the values.
    """
    data = parser.add_argument_group("data")
    data.add_argument(
        "--data",
        metavar="PATH|NAME",
        help="a folder of images, an .npz file, `sample`, or a name of keras.datasets: "
        "cifar10, cifar100, fashion_mnist, mnist",
    )
    data.add_argument(
        "--split", metavar="NAME", help="train (default) or test, of a named data set"
    )
    data.add_argument("--conditional", action="store_true", default=None, help="use the labels")
    data.add_argument("--color-mode", choices=["grayscale", "rgb"], help="default: as the data are")
    data.add_argument("--resize", choices=["crop", "pad"], help="of oblong images (default crop)")
    data.add_argument(
        "--on-error",
        choices=["raise", "skip"],
        help="at a broken file of a folder: raise (default) ends training, skip takes the next "
        "whole image in its place; may be given with --resume",
    )
    data.add_argument(
        "--mirror", action="store_true", default=None, help="flip every second image, by chance"
    )

    model = parser.add_argument_group("model")
    model.add_argument("--model", metavar="NAME", help="an architecture (default dcgan)")
    model.add_argument(
        "--resolution", type=positive_int, metavar="N", help="height and width (default 32)"
    )
    model.add_argument(
        "--head", choices=HEADS, help="of the discriminator (default san; dense: a GAN)"
    )
    model.add_argument(
        "--conditioning",
        choices=CONDITIONINGS,
        help="how the discriminator sees labels: in its head, or as a channel of the image "
        "(default: the architecture's)",
    )
    model.add_argument(
        "--feature-network",
        action="append",
        choices=FEATURE_NETWORKS,
        help="that the discriminator of projected looks through: efficientnet_lite0 (default), "
        "or the pixels as they are; may be given twice, for both",
    )
    model.add_argument(
        "--feature-size",
        type=positive_int,
        metavar="N",
        help="side of the images that efficientnet_lite0 sees in projected, a multiple of 32",
    )
    model.add_argument(
        "--minibatch-std-dev",
        action="store_true",
        default=None,
        help="let the discriminator of dcgan see the spread of a batch: against a generator that "
        "draws one image again and again",
    )
    model.add_argument(
        "--normalizer",
        choices=NORMALIZERS,
        help="of the discriminator of dcgan, sngan or projected (default: the architecture's)",
    )
    model.add_argument(
        "--self-modulation",
        action="store_true",
        default=None,
        help="let the latents move the normalisation of the generator of projected, beside the "
        "class: against images of a class that are all alike",
    )
    model.add_argument(
        "--classes-alike",
        action="store_true",
        default=None,
        help="let the classes of projected begin as one: against classes of few images that are "
        "drawn in one colour each",
    )
    model.add_argument(
        "--width", type=positive_int, metavar="N", help="channels (default: the architecture's)"
    )
    model.add_argument(
        "--generator-width", type=positive_int, metavar="N", help="of it alone (default: --width)"
    )
    model.add_argument(
        "--latent-dim", type=positive_int, metavar="N", help="default: the architecture's"
    )

    training = parser.add_argument_group("training")
    add_objective_options(training)
    training.add_argument(
        "--batch-size", type=positive_int, metavar="N", help="of one update (default 64)"
    )
    training.add_argument(
        "--discriminator-steps",
        type=positive_int,
        metavar="N",
        help="discriminator updates a generator update (default: the architecture's)",
    )
    for player in ("generator", "discriminator"):
        training.add_argument(
            f"--{player}-learning-rate",
            type=positive_float,
            metavar="X",
            help="default: the architecture's",
        )
    training.add_argument(
        "--ema-half-life",
        type=positive_float,
        metavar="IMAGES",
        help="of the moving average of the generator (default: its own)",
    )
    training.add_argument(
        "--mixed-precision",
        choices=["float32", "mixed_bfloat16", "mixed_float16"],
        help="default float32; on recent hardware mixed_bfloat16 is faster",
    )
    training.add_argument(
        "--distribute",
        metavar="ENGINE",
        help="auto (default: over all devices and processes there are), none, or an engine of the "
        "backend: jax; mirrored or tpu (TensorFlow); torch (under torchrun)",
    )
    training.add_argument(
        "--images", type=positive_int, metavar="N", help="real images in all (default 1000000)"
    )
    training.add_argument(
        "--minutes",
        type=positive_float,
        metavar="X",
        help="stop this call after that time (default: none)",
    )
    training.add_argument("--seed", type=int, metavar="N", help="of all random numbers (default 0)")

    output = parser.add_argument_group("output")
    output.add_argument("--out", metavar="DIR", help="where run folders are made (default runs)")
    output.add_argument(
        "--snapshot-images",
        type=positive_int,
        metavar="N",
        help="images between two rows of stats, grids and checkpoints (default 25000); a "
        "checkpoint is written every five minutes besides",
    )
    output.add_argument(
        "--measures",
        metavar="LIST",
        help="taken at every snapshot, such as kid or kid,fd; the weights best at the first are "
        "kept in best/; none for none (default kid, but none with --minutes below 5)",
    )
    output.add_argument(
        "--measure-images",
        type=positive_int,
        metavar="N",
        help="images of each kind that are measured (default 1000)",
    )


def given_options(arguments):
    """The options that the user gave, and those of the recipe given, as a dictionary."""
    values = {name: getattr(arguments, name) for name in DEFAULTS}
    given = {name: value for name, value in values.items() if value is not None}
    return RECIPES.get(arguments.recipe, {}) | given


def command_line(options):
    """The `keras-san train` command that gives these options, defaults left out."""
    words = ["keras-san", "train"]
    for name, default in DEFAULTS.items():
        value = options[name]
        if value == default:
            continue
        option = f"--{name.replace('_', '-')}"
        if name in _REPEATED:
            words += [word for item in value for word in (option, str(item))]
        elif isinstance(value, list):
            words += [option, *map(str, value)]
        else:
            words += [option] if value is True else [option, str(value)]
    return words
