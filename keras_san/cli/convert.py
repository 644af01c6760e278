"""Convert a checkpoint of another codebase into a preset, or into a file of weights."""

from keras_san.convert.registry import SOURCES


def configure(parser):
    """Adds the options of `keras-san convert`."""
    known = "; ".join(f"{name}: {summary}" for name, summary in sorted(SOURCES.items()))
    parser.add_argument("--from", dest="source", required=True, choices=sorted(SOURCES), help=known)
    parser.add_argument("file", metavar="FILE", help="a .pt, .pth, .bin, .safetensors or .npz file")
    parser.add_argument(
        "out", metavar="OUT", help="a preset folder to write, or a file that ends in .weights.h5"
    )
    parser.add_argument(
        "--discriminator", metavar="FILE", help="the discriminator of the generator in FILE"
    )
    parser.add_argument("--name", metavar="NAME", help="on the card (default: the folder's)")
    parser.add_argument("--license", metavar="SPDX", help="of the weights, as their origin states")
    parser.add_argument("--origin", metavar="URL", help="where FILE is from, for the card")
    parser.add_argument("--data", metavar="NAME", help="the data set it was trained on")
    parser.add_argument("--data-license", metavar="SPDX", help="of the data set")
    parser.add_argument(
        "--dtype",
        choices=["float32", "float16"],
        default="float32",
        help="how kernels are stored (default float32)",
    )
    parser.add_argument(
        "--epsilon", type=float, metavar="NUMBER", help="of the batch normalisation, BigGAN sources"
    )
    parser.add_argument("--head", choices=["san", "dense"], help="of san_simple (default san)")


def run(arguments):
    """Runs `keras-san convert`."""
    if arguments.data_license and not arguments.data:
        raise ValueError("--data-license needs --data.")

    # Imported here: they start the backend, which a wrong option need not wait for.
    from keras_san.convert import convert, save

    options = {name: getattr(arguments, name) for name in ("epsilon", "head")}
    options = {name: value for name, value in options.items() if value is not None}
    converted = convert(arguments.source, arguments.file, arguments.discriminator, **options)
    data = arguments.data and {"name": arguments.data, "license": arguments.data_license}
    path = save(
        converted,
        arguments.out,
        name=arguments.name,
        data=data,
        license=arguments.license,
        origin=arguments.origin,
        dtype=arguments.dtype,
    )
    for network in (converted.generator, converted.discriminator):
        if network is not None:
            print(f"{type(network).__name__}: {network.count_params():,} weights")
    if converted.truncation_statistics is not None:
        print("with batch statistics of every truncation")
    print(f"wrote {path}")
