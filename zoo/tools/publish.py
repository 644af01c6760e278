"""Turns a training run into a preset of the zoo.

    python zoo/tools/publish.py runs/dcgan_mnist_32/00000-dcgan-mnist-hinge dcgan_mnist_32 \
        --data-license "CC BY-SA 3.0 (LeCun, Cortes, Burges)" --license CC-BY-SA-3.0 \
        --device "2 CPU cores, x86-64" --metrics measured.json

It reads the newest checkpoint of the run, whether the run has ended or not (with --best the weights
that were best at the run's own measure), and writes `zoo/NAME`: weights of the averaged generator,
the generator and the discriminator, config with hashes, card, recipe (the command and only what
differs from the defaults), history and samples; then `zoo/results.csv` and the tables of README and
docs anew. The curve in the history comes from the run's own `stats.csv`.
Weights are stored in float16; should that move more than 1 % of the pixels by more than one grey
level, nothing is written.
"""

import argparse
import inspect
import json
import shlex
import subprocess
import tempfile
from pathlib import Path

import keras
import numpy as np
import zoo_files
from reduced import reduced_measures

from keras_san import callbacks
from keras_san.cli.run_folder import RunFolder
from keras_san.cli.training import Training
from keras_san.cli.training_options import DEFAULTS, command_line
from keras_san.data.named import CLASS_NAMES
from keras_san.metrics.result import Protocol
from keras_san.models import SANModel, architectures
from keras_san.presets import layout, load_preset, save_preset
from keras_san.presets.class_names import are_numbers
from keras_san.presets.networks import in_float32
from keras_san.presets.weights import read_weights, write_weights

ZOO = zoo_files.ZOO
STORED_AS = "float16"
# Of the pixels of this many images, this share must lie within one grey level.
AGREEMENT_IMAGES, AGREEMENT = 256, 0.99


def main(arguments=None):
    """Reads the arguments, restores the run, writes the preset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="run folder of keras-san train")
    parser.add_argument("name", help="<architecture>_<data set>_<resolution>")
    parser.add_argument("--best", action="store_true", help="what the run keeps in best/")
    parser.add_argument("--data-license", required=True)
    parser.add_argument("--license", help="of the weights; default: the data's")
    parser.add_argument("--device", required=True, help="what it was trained on, in words")
    parser.add_argument("--averaged-only", action="store_true", help="leave the generator out")
    parser.add_argument("--metrics", type=Path, help="what zoo/tools/measure.py wrote")
    parser.add_argument("--zoo", type=Path, default=ZOO, help="default: the zoo of this clone")
    parser.add_argument("--pages", type=Path, default=zoo_files.ROOT, help="where README.md lies")
    arguments = parser.parse_args(arguments)

    folder = RunFolder.open(arguments.run)
    description = folder.description()
    model, images_seen = best(folder) if arguments.best else newest(folder)
    measured = read_metrics(arguments.metrics, images_seen, description["data"]["sha256"])
    agreement = stored_agreement(model)
    story = history(folder, description, images_seen, arguments.device)
    story |= {"stored_as": STORED_AS, "pixels_within_one_level": agreement}
    path = save_preset(
        model,
        arguments.zoo / arguments.name,
        data=with_names(description["data"]) | {"license": arguments.data_license},
        license=arguments.license or arguments.data_license,
        metrics=measured,
        recipe=recipe(description, images_seen, model),
        history=story,
        dtype=STORED_AS,
        averaged_only=arguments.averaged_only,
    )
    if description["data"]["name"] == "fashion_mnist":
        write_history(path, story | {"reduced_protocol": reduced_measures(path)})
    zoo_files.write_tables(arguments.zoo, arguments.pages)
    print(f"wrote {path} after {images_seen:,} images")


def with_names(data):
    """The facts of a data set, with the names of its classes where the file had none."""
    names = data.get("class_names") or ()
    known = CLASS_NAMES.get(data["name"], ())
    return data | {"class_names": list(known)} if are_numbers(names) and known else data


def newest(folder):
    """The model of the run's newest checkpoint, and the images it has seen."""
    options = {**DEFAULTS, **folder.options(), "distribute": "none", "initial_preset": None}
    model = Training(options).model
    return model, callbacks.Checkpoint.restore(model, folder.checkpoints)["images_seen"]


def best(folder):
    """The model that the run keeps as its best, and the images it has seen."""
    images_seen = layout.read_config(folder.best)["images_seen"]
    model = load_preset(folder.best)
    model.images_seen.assign(images_seen)
    return model, images_seen


def stored_agreement(model):
    """The share of pixels that storage leaves within one grey level, as a history has it.

    Raises:
        ValueError: if it is too small.
    """
    agreement = pixels_within_one_level(model)
    if agreement < AGREEMENT:
        raise ValueError(
            f"In {STORED_AS} only {agreement:.2%} of the pixels lie within one grey level of those "
            f"of float32, expected {AGREEMENT:.0%}. Look for weights that are very large."
        )
    return round(agreement, 5)


def pixels_within_one_level(model, count=AGREEMENT_IMAGES):
    """The share of pixels that the weights as stored draw within one grey level of float32."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        copy = SANModel.from_config(in_float32(model.get_config()))
        copy.generator_ema.set_weights(model.generator_ema.get_weights())
        labels = np.arange(count) % model.num_classes if model.num_classes else None
        options = dict(seeds=range(count), labels=labels, batch_size=32)
        exact = copy.generate(**options).astype(int)
        with tempfile.TemporaryDirectory() as work:
            path = Path(work) / layout.weights_file("generator_ema")
            write_weights(model.generator_ema, path, STORED_AS)
            read_weights(copy.generator_ema, path)
        return float((np.abs(copy.generate(**options) - exact) <= 1).mean())
    finally:
        keras.config.set_dtype_policy(policy)


def recipe(description, images_seen, model):
    """The command that trains it again, then the options that differ from the defaults."""
    # A run of an older version lacks the options that came later.
    options = {**DEFAULTS, **description["options"]} | {
        "data": f"{description['data']['name']}.npz",
        "out": DEFAULTS["out"],
        "minutes": DEFAULTS["minutes"],
        "images": images_seen,
    }
    for name, value in architecture_defaults(options["model"], model).items():
        if options[name] == value:
            options[name] = DEFAULTS[name]
    changed = {key: value for key, value in options.items() if value != DEFAULTS.get(key)}
    return {"command": shlex.join(command_line(options)), **changed}


def architecture_defaults(name, model):
    """What an architecture chooses where an option is left out; a run notes it as if given."""
    own = model.recipe
    generator = inspect.signature(architectures()[name].generator.__init__)
    return {
        "loss": own.loss,
        "latent_dim": generator.parameters["latent_dim"].default,
        "discriminator_steps": own.discriminator_steps,
        "generator_learning_rate": own.generator_learning_rate,
        "discriminator_learning_rate": own.discriminator_learning_rate,
        "ema_half_life": own.ema_half_life if own.ema_decay is None else None,
    }


def read_metrics(path, images_seen, data_sha256):
    """The measured values with their protocols, as `save_preset` takes them.

    Raises:
        ValueError: if they were measured on another state of the run, or on other data.
    """
    if path is None:
        return None
    content = json.loads(path.read_text("utf-8"))
    expected = {"images_seen": images_seen, "data_sha256": data_sha256}
    for name, value in expected.items():
        if content.get(name) != value:
            raise ValueError(
                f"{path} has {name} {content.get(name)!r}, the run {value!r}: measure this state "
                "with zoo/tools/measure.py --run, on the data that it was trained on."
            )
    return {result["name"]: entry(result) for result in content["results"]}


def entry(result):
    """One measured value, as a config holds it."""
    protocol, floor = Protocol(**result["protocol"]).description(), result["floor"]
    found = {"value": rounded(result["value"], 4)}
    if result["standard_error"] is not None:
        found["standard_error"] = rounded(result["standard_error"], 2)
    if floor is not None:
        found["real_against_real"] = rounded(floor["value"], 4)
        found["real_against_real_count"] = floor["count"]
        protocol += f"; real against real {found['real_against_real']} ({floor['count']:,} each)"
    if "classifier_accuracy" in result:
        found["classifier_accuracy"] = result["classifier_accuracy"]
        protocol += (
            f"; the classifier is right on {result['classifier_accuracy']:.2%} of test images"
        )
    if result["measure"] == "memorisation":
        held_out = result["protocol"]["n_held_out"]
        protocol += f"; beside {held_out:,} images of the test split, one half is ideal"
    return {**found, "protocol": protocol}


def rounded(value, digits):
    """A number with so many significant digits."""
    return float(f"{value:.{digits}g}")


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


def write_history(folder, story):
    """Writes the history of a preset in the place of the one that it has."""
    (folder / layout.HISTORY).write_text(json.dumps(story, indent=2) + "\n", encoding="utf-8")


def _commit():
    command = ["git", "-C", str(ZOO), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
