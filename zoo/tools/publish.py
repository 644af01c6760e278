"""Turns a training run into a preset of the zoo.

    python zoo/tools/publish.py runs/00000-dcgan-fashion_mnist-hinge dcgan_fashion_mnist_32 \
        --data-license "MIT (Zalando Research)" --license MIT --device "2 CPU cores, x86-64" \
        --metrics measured.json

It reads the newest checkpoint of the run, whether the run has ended or not, and writes
`zoo/NAME`: weights of the averaged generator, the generator and the discriminator, config with
hashes, card, recipe (the command and only what differs from the defaults), history and samples.
The curve in the history comes from the run's own `stats.csv`.
"""

import argparse
import json
import shlex
import subprocess
from pathlib import Path

from keras_san import callbacks
from keras_san.cli.run_folder import RunFolder
from keras_san.cli.training import Training
from keras_san.cli.training_options import DEFAULTS, command_line
from keras_san.metrics.result import Protocol
from keras_san.presets import save_preset

ZOO = Path(__file__).parents[1]


def main():
    """Reads the arguments, restores the run, writes the preset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="run folder of keras-san train")
    parser.add_argument("name", help="<architecture>_<data set>_<resolution>")
    parser.add_argument("--data-license", required=True)
    parser.add_argument("--license", help="of the weights; default: the data's")
    parser.add_argument("--device", required=True, help="what it was trained on, in words")
    parser.add_argument("--metrics", type=Path, help="what `keras-san evaluate --json` wrote")
    arguments = parser.parse_args()

    folder = RunFolder.open(arguments.run)
    description = folder.description()
    training = Training({**DEFAULTS, **folder.options(), "distribute": "none"})
    restored = callbacks.Checkpoint.restore(training.model, folder.checkpoints)
    images_seen = restored["images_seen"]
    path = save_preset(
        training.model,
        ZOO / arguments.name,
        data=description["data"] | {"license": arguments.data_license},
        license=arguments.license or arguments.data_license,
        metrics=metrics(arguments.metrics),
        recipe=recipe(description, images_seen),
        history=history(folder, description, images_seen, arguments.device),
    )
    print(f"wrote {path} after {images_seen:,} images")


def recipe(description, images_seen):
    """The command that trains it again, then the options that differ from the defaults."""
    # A run of an older version lacks the options that came later.
    options = {**DEFAULTS, **description["options"]} | {
        "data": f"{description['data']['name']}.npz",
        "out": DEFAULTS["out"],
        "images": images_seen,
    }
    changed = {key: value for key, value in options.items() if value != DEFAULTS.get(key)}
    return {"command": shlex.join(command_line(options)), **changed}


def metrics(path):
    """The measured values with their protocols, as `save_preset` takes them."""
    if path is None:
        return None
    found = {}
    for result in json.loads(path.read_text("utf-8"))["results"]:
        protocol = Protocol(**result["protocol"]).description()
        if result["floor"] is not None:
            protocol += f"; real against real {result['floor']['value']:.4g}"
        found[result["name"]] = {"value": float(f"{result['value']:.4g}"), "protocol": protocol}
        if result["standard_error"] is not None:
            found[result["name"]]["standard_error"] = float(f"{result['standard_error']:.2g}")
    return found


def history(folder, description, images_seen, device):
    """What happened: versions, steps, images, hours, and the curve of every logged number."""
    curve = folder.history()
    rows = [row for row, seen in enumerate(curve["images_seen"]) if seen <= images_seen]
    curve = {name: [values[row] for row in rows] for name, values in curve.items()}
    return {
        "published_from_commit": _commit(),
        "versions": description["versions"],
        "steps": images_seen // description["model"]["images_per_step"],
        "images": images_seen,
        "hours": round(curve["seconds"][-1] / 3600, 2),
        "device": device,
        "seed": description["options"]["seed"],
        "curve": curve,
    }


def _commit():
    command = ["git", "-C", str(ZOO), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
