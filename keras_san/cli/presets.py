"""List the presets that come with the library."""

import json


def configure(parser):
    """Adds the options of `keras-san presets`."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(arguments):
    """Runs `keras-san presets`."""
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
        "kid": next(
            (
                result["value"]
                for name, result in config["metrics"].items()
                if name.startswith("kid")
            ),
            None,
        ),
    }


def _print_table(rows):
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for title in ("Name", "Data set"):
        table.add_column(title, overflow="fold")
    for title in ("Resolution", "Parameters"):
        table.add_column(title, justify="right")
    table.add_column("Licence")
    table.add_column("KID", justify="right")
    for row in rows:
        cells = {**row, "parameters": f"{row['parameters']:,}"}
        table.add_row(*("" if cell is None else str(cell) for cell in cells.values()))
    Console().print(table)
