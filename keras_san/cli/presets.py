"""List the presets that come with the library, or the components a training is made of."""

import json


def configure(parser):
    """Adds the options of `keras-san presets`."""
    parser.add_argument(
        "--components",
        action="store_true",
        help="list architectures, heads, losses, penalties, augmentations and recipes instead",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(arguments):
    """Runs `keras-san presets`."""
    if arguments.components:
        _print_components(arguments.json)
        return
    from keras_san.presets import registry

    rows = [_row(name, registry.info(name)) for name in registry.names()]
    if arguments.json:
        print(json.dumps(rows, indent=2))
    elif rows:
        _print_table(rows)
    else:
        print("no built-in presets")


def _row(name, config):
    resolution = config["resolution"]
    return {
        "name": name,
        "data": config["data"].get("name"),
        "resolution": resolution if isinstance(resolution, int) else "x".join(map(str, resolution)),
        "parameters": config["parameters"]["generator"],
        "license": config["license"]["weights"],
        "kid": _kid(config["metrics"]),
    }


def _kid(metrics):
    """The kernel distance, that in the features which all presets of the zoo share if there is."""
    found = {name: result["value"] for name, result in metrics.items() if name.startswith("kid_")}
    ours = [value for name, value in found.items() if name.startswith("kid_effnetlite0_")]
    return next(iter([*ours, *found.values()]), None)


def _print_table(rows):
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    # On a narrow terminal the licence is cut off, never a name or a number.
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for title in ("Name", "Data set"):
        table.add_column(title, no_wrap=True)
    for title in ("Pixels", "Parameters"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("Licence", overflow="ellipsis")
    table.add_column("KID", justify="right", no_wrap=True)
    for row in rows:
        cells = {**row, "parameters": f"{row['parameters']:,}"}
        table.add_row(*("" if cell is None else str(cell) for cell in cells.values()))
    console = Console()
    if not console.is_terminal:
        # A pipe has no width: each preset on one line, for grep and the like.
        console = Console(width=Console(width=10_000).measure(table).maximum)
    console.print(table)


def components():
    """What can be named on the command line: a dict from option to names."""
    from keras_san import augment, losses, models, penalties
    from keras_san.cli.objective_options import RECIPES
    from keras_san.models.conditioning import CONDITIONINGS
    from keras_san.models.head import HEADS

    return {
        "model": sorted(models.architectures()),
        "head": list(HEADS),
        "conditioning": list(CONDITIONINGS),
        "loss": sorted([*losses.names(), *losses.aliases()]),
        "penalty": penalties.names(),
        "augment": augment.names(),
        "recipe": sorted(RECIPES),
    }


def _print_components(as_json):
    found = components()
    if as_json:
        print(json.dumps(found, indent=2))
        return
    for option, names in found.items():
        print(f"--{option}: {', '.join(names)}")
