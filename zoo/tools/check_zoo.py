"""Checks the zoo: every preset is whole, its files agree, nothing is too large.

    python zoo/tools/check_zoo.py            # exit status 1 and a line a fault
    python zoo/tools/check_zoo.py --write    # first writes results.csv and the tables anew
    python zoo/tools/check_zoo.py --files    # no image is drawn, nothing is measured

Card, hashes, recipe, history, samples, row of `results.csv` and picture in the README must agree
with the config and with the recipe in `zoo/recipes`; samples are drawn again, and presets of
Fashion-MNIST are measured again on a few images.
"""

import argparse
import re
import shlex
import sys
import zlib

import recipes
import zoo_files

from keras_san.cli.training_options import DEFAULTS, command_line
from keras_san.presets import layout
from keras_san.presets.card import model_card

MEGABYTE = 10**6
LARGEST_ZOO, LARGEST_WHEEL = 120 * MEGABYTE, 100 * MEGABYTE
HISTORY_KEYS = ("published_from_commit", "versions", "steps", "images", "hours", "device", "seed")
HISTORY_KEYS += ("curve", "stored_as", "pixels_within_one_level")
MEASURED = ("kid", "fd", "precision", "recall", "density", "coverage")
# The data sets whose classes an extractor of the package knows.
CLASSIFIED = ("mnist", "fashion_mnist", "cifar10_jpeg")
LEAST_AGREEMENT = 0.99
# Backends differ in the last bit of a sum: a grey level here and there, a third digit.
SAMPLES_AGREEMENT, REDUCED_TOLERANCE = 0.999, 0.02
# How long a run went on, what it wrote on the way, and the precision that its processor is fast in
# (`train.py --mixed-precision`) are not part of what is compared.
OPTIONS_OF_A_RUN = ("images", "minutes", "snapshot_images", "measures", "measure_images", "seed")
OPTIONS_OF_A_RUN += ("mixed_precision",)


def faults_of_preset(folder):
    """What is wrong with the files of a preset, a list of sentences."""
    names = (layout.CARD, layout.RECIPE, layout.HISTORY, layout.SAMPLES)
    # The generator itself may be left out.
    names += tuple(layout.weights_file(name) for name in ("generator_ema", "discriminator"))
    missing = [f"lacks {name}" for name in names if not (folder / name).is_file()]
    if missing:
        return missing
    config, history, recipe = (
        zoo_files.read(folder, name) for name in (layout.CONFIG, layout.HISTORY, layout.RECIPE)
    )
    return [
        *_faults_of_config(folder, config),
        *_faults_of_history(config, history),
        *_faults_of_recipe(folder.name, config, recipe),
        *_faults_of_card(folder, config, recipe),
    ]


def _faults_of_config(folder, config):
    faults = []
    if config["name"] != folder.name:
        faults.append(f"its config is that of {config['name']!r}")
    for name, fact in config["files"].items():
        path = folder / name
        if not path.is_file() or layout.sha256(path) != fact["sha256"]:
            faults.append(f"{name} has not the sha256 of its config")
    for key in ("name", "sha256", "license", "num_images"):
        if not config["data"].get(key):
            faults.append(f"its config does not state the {key} of the data")
    if not config["license"]["weights"]:
        faults.append("its config does not state the licence of the weights")
    wanted = MEASURED + (("fidelity",) if _has_classifier(config) else ())
    for measure in wanted:
        extractor = "" if measure == "fidelity" else zoo_files.EXTRACTOR
        if not zoo_files.metric(config["metrics"], measure, extractor):
            faults.append(f"{measure} was not measured by the protocol of the zoo")
    return faults


def _has_classifier(config):
    return config["num_classes"] and config["data"]["name"] in CLASSIFIED


def _faults_of_history(config, history):
    missing = [name for name in HISTORY_KEYS if name not in history]
    if missing:
        return [f"its history lacks {', '.join(missing)}"]
    faults = []
    if history["images"] != config["images_seen"]:
        faults.append(f"its history ends at {history['images']} images")
    if history["curve"]["images_seen"][-1] > history["images"]:
        faults.append("the curve of its history goes on after its end")
    if history["pixels_within_one_level"] < LEAST_AGREEMENT:
        faults.append("its stored weights draw other images than those of float32")
    return faults


def _faults_of_recipe(name, config, recipe):
    if next(iter(recipe), None) != "command":
        return ["the first key of its recipe is not the command"]
    options = {**DEFAULTS, **{key: value for key, value in recipe.items() if key != "command"}}
    faults = []
    if shlex.join(command_line(options)) != recipe["command"]:
        faults.append("the command of its recipe does not give the options of the recipe")
    if any(recipe[key] == DEFAULTS.get(key) for key in recipe if key != "command"):
        faults.append("its recipe repeats defaults")
    facts = {
        "data": f"{config['data']['name']}.npz",
        "images": config["images_seen"],
        "resolution": config["resolution"],
        "head": config["discriminator"]["config"].get("head", options["head"]),
        "conditional": bool(config["num_classes"]),
    }
    for key, network in (("width", "discriminator"), ("generator_width", "generator")):
        if options[key] is not None:
            facts[key] = config[network]["config"]["width"]
    for key, value in facts.items():
        if options[key] != value:
            faults.append(f"its recipe has {key} {options[key]!r}, its config {value!r}")
    if name in recipes.names():
        faults += _differences(name, options)
    return faults


def _differences(name, options):
    written = {**DEFAULTS, **recipes.recipe(name)}
    compared = [key for key in DEFAULTS if key not in OPTIONS_OF_A_RUN]
    return [
        f"its recipe has {key} {options[key]!r}, zoo/recipes {written[key]!r}"
        for key in compared
        if options[key] != written[key]
    ]


def _faults_of_card(folder, config, recipe):
    if (folder / layout.CARD).read_text("utf-8") != model_card(config, recipe):
        return ["its card is not that of its config and recipe"]
    return []


def faults_of_tables(zoo=zoo_files.ZOO, root=zoo_files.ROOT):
    """What is wrong with `results.csv`, README and docs."""
    faults = []
    results = zoo / zoo_files.RESULTS.name
    if not results.is_file() or results.read_text("utf-8") != zoo_files.results_text(zoo):
        faults.append("results.csv does not agree with the configs: check_zoo.py --write")
    for page, (name, table) in zoo_files.PAGES.items():
        if zoo_files.parts(root / page, name)[1] != table(zoo):
            faults.append(f"the table of {page} does not agree with the configs: --write")
    return faults


def faults_of_sizes(zoo=zoo_files.ZOO):
    """Whether the zoo, or the wheel that carries it, is too large."""
    files = [path for path in zoo.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    package = zoo_files.ROOT / "keras_san"
    files += [p for p in package.rglob("*") if p.is_file() and p.suffix in (".py", ".npz")]
    # As a wheel packs them: weights in half precision shrink by a tenth.
    wheel = sum(len(zlib.compress(path.read_bytes())) for path in files)
    faults = []
    if size > LARGEST_ZOO:
        faults.append(f"the zoo is {size / MEGABYTE:.0f} MB, at most {LARGEST_ZOO // MEGABYTE}")
    if wheel > LARGEST_WHEEL:
        faults.append(f"the wheel would be {wheel / MEGABYTE:.0f} MB, at most 100")
    return faults


def faults_of_samples(folder, count=64):
    """Whether the preset still draws the first images of its `samples.png`."""
    import numpy as np

    from keras_san.presets import load_preset

    model = load_preset(folder, load_discriminator=False)
    labels = np.arange(count) % model.num_classes if model.num_classes else None
    drawn = model.generate(seeds=range(count), labels=labels, batch_size=16).astype(int)
    cells = cut(samples(folder), *model.image_shape)[:count]
    share = float((np.abs(drawn - cells) <= 1).mean())
    if share < SAMPLES_AGREEMENT:
        return [f"only {share:.2%} of the pixels of {layout.SAMPLES} are drawn again"]
    return []


def samples(folder):
    """The picture of a preset, an integer array."""
    import numpy as np
    from PIL import Image

    with Image.open(folder / layout.SAMPLES) as picture:
        return np.asarray(picture).astype(int)


def cut(picture, height, width, channels, columns=8, padding=2):
    """The images of a grid that `keras_san.data.image_grid` made."""
    picture = picture.reshape(*picture.shape[:2], channels)[padding:, padding:]
    rows = picture.shape[0] // (height + padding)
    cells = picture.reshape(rows, height + padding, columns, width + padding, channels)
    return cells.swapaxes(1, 2).reshape(-1, height + padding, width + padding, channels)[
        :, :height, :width
    ]


def faults_of_measures(folder):
    """Whether a few images measure as they did when the preset was published."""
    from reduced import reduced_measures

    expected = zoo_files.read(folder, layout.HISTORY).get("reduced_protocol")
    if expected is None:
        return []
    found = reduced_measures(folder)
    return [
        f"{name} of a few images is {found.get(name)}, {value} when it was published"
        for name, value in expected.items()
        if abs(found.get(name, float("inf")) - value) > REDUCED_TOLERANCE * max(value, 1e-9)
    ]


def all_faults(draw=True):
    """All faults of the zoo, each a line that begins with what it is about."""
    faults = [f"zoo: {fault}" for fault in faults_of_sizes()]
    measured = False
    for name, folder in zoo_files.presets().items():
        if not re.fullmatch(r"[a-z0-9_]+_\d+(_[a-z0-9]+)?", name):
            faults.append(f"{name}: its name is not <architecture>_<data set>_<resolution>")
        found = faults_of_preset(folder)
        if draw and not found:
            found += faults_of_samples(folder)
            if not measured:
                found += faults_of_measures(folder)
                measured = "reduced_protocol" in zoo_files.read(folder, layout.HISTORY)
        faults += [f"{name}: {fault}" for fault in found]
    if draw and not measured:
        faults.append("zoo: no preset has measures of a reduced protocol to be taken again")
    return faults + [f"zoo: {fault}" for fault in faults_of_tables()]


def main(arguments=None):
    """Prints the faults; the exit status tells whether there are any."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the tables anew first")
    parser.add_argument("--files", action="store_true", help="draw and measure nothing")
    options = parser.parse_args(arguments)
    if options.write:
        zoo_files.write_tables()
    faults = all_faults(draw=not options.files)
    print("\n".join(faults) if faults else f"{len(zoo_files.presets())} presets: no fault")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
