"""Show the networks of a model or a preset, layer by layer, with their parameter counts."""

import math

from keras_san.cli.numbers_above_zero import positive_int
from keras_san.cli.training_options import HEADS


def configure(parser):
    """Adds the options of `keras-san summary`."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--model", metavar="NAME", help="an architecture, such as dcgan")
    source.add_argument(
        "--preset", metavar="NAME|RUN|FOLDER", help="a preset, a run folder or hf://owner/name"
    )
    parser.add_argument(
        "--resolution",
        type=positive_int,
        metavar="N",
        help="height and width (default: the smallest)",
    )
    parser.add_argument(
        "--channels", type=int, choices=[1, 3, 4], default=3, help="of the images (default 3)"
    )
    parser.add_argument(
        "--num-classes", type=int, default=0, metavar="N", help="0 (default): no labels"
    )
    parser.add_argument("--head", choices=HEADS, default="san", help="last layer (default san)")
    parser.add_argument(
        "--width", type=positive_int, metavar="N", help="default: that of the paper"
    )


def run(arguments):
    """Runs `keras-san summary`."""
    networks = _preset(arguments) if arguments.preset is not None else _architecture(arguments)
    for network in networks.values():
        network.summary()
    for name, network in networks.items():
        count = sum(math.prod(variable.shape) for variable in network.trainable_weights)
        print(f"{name}: {count:,} trainable parameters")


def _preset(arguments):
    given = {"--resolution": arguments.resolution, "--width": arguments.width}
    given |= {"--head": None if arguments.head == "san" else arguments.head}
    given |= {"--channels": None if arguments.channels == 3 else arguments.channels}
    given |= {"--num-classes": arguments.num_classes or None}
    if wrong := [option for option, value in given.items() if value is not None]:
        raise ValueError(f"{', '.join(wrong)}: for --model; a preset has its own.")
    from keras_san.presets.load import load_preset

    model = load_preset(arguments.preset)
    return {"generator": model.generator, "discriminator": model.discriminator}


def _architecture(arguments):
    if arguments.num_classes < 0:
        raise ValueError(f"--num-classes {arguments.num_classes}: expected 0 or more.")
    import keras

    from keras_san.models import architectures

    known = architectures()
    if arguments.model not in known:
        raise ValueError(
            f"--model {arguments.model}: unknown architecture; expected one of "
            f"{', '.join(sorted(known))}."
        )
    resolution = arguments.resolution or min(known[arguments.model].resolutions)
    shape = (resolution, resolution, arguments.channels)
    common = {"num_classes": arguments.num_classes}
    if arguments.width is not None:
        common["width"] = arguments.width
    architecture = known[arguments.model]
    # In this scope weights have shapes only: the largest networks would fill the memory.
    with keras.StatelessScope(initialize_variables=False):
        return {
            "generator": architecture.generator(shape, **common),
            "discriminator": architecture.discriminator(shape, head=arguments.head, **common),
        }
