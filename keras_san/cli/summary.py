"""Show the networks of a model or a preset, layer by layer, with their parameter counts."""

import math

from keras_san.cli.training_options import positive_int


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
        "--channels", type=positive_int, default=3, metavar="N", help="of the images (default 3)"
    )
    parser.add_argument(
        "--num-classes", type=int, default=0, metavar="N", help="0 (default): no labels"
    )
    parser.add_argument(
        "--head", choices=["san", "dense"], default="san", help="last layer (default san)"
    )
    parser.add_argument(
        "--width", type=positive_int, metavar="N", help="default: that of the paper"
    )


def run(arguments):
    """Runs `keras-san summary`."""
    model = _model(arguments)
    for name in ("generator", "discriminator"):
        getattr(model, name).summary()
    for name in ("generator", "discriminator"):
        count = sum(
            math.prod(variable.shape) for variable in getattr(model, name).trainable_weights
        )
        print(f"{name}: {count:,} trainable parameters")


def _model(arguments):
    if arguments.preset is not None:
        from keras_san.presets.load import load_preset

        return load_preset(arguments.preset)

    from keras_san.models import architectures, build

    known = architectures()
    if arguments.model not in known:
        raise ValueError(
            f"--model {arguments.model}: unknown architecture; expected one of "
            f"{', '.join(sorted(known))}."
        )
    resolution = arguments.resolution or min(known[arguments.model].resolutions)
    return build(
        arguments.model,
        (resolution, resolution, arguments.channels),
        num_classes=arguments.num_classes,
        head=arguments.head,
        width=arguments.width,
    )
