"""What the zoo's tools share: where things lie, the tables made of the presets."""

import csv
import io
import json
from pathlib import Path

from recipes import TWIN

from keras_san.presets.layout import CONFIG, HISTORY, SAMPLES, is_preset

ZOO = Path(__file__).resolve().parents[1]
ROOT = ZOO.parent
RESULTS = ZOO / "results.csv"

FEATURE_COLUMNS = ("kid", "fd", "precision", "recall", "density", "coverage")
FEATURE_COLUMNS += ("memorisation", "authenticity")
COLUMNS = ("preset", "data", "resolution", "generator_parameters", "images_seen", "hours")
COLUMNS += ("protocol", *FEATURE_COLUMNS, "kid_standard_error", "fd_real", "fd_real_count")
COLUMNS += ("fidelity", "classifier_accuracy", "license")
# Every preset is measured in these features, so that the columns of the table compare.
EXTRACTOR = "effnetlite0"
# Data set to the extractor that no discriminator of the zoo has seen.
UNSEEN = {"cifar10_jpeg": "cifar10jpegclassifier"}


def presets(zoo=ZOO):
    """Name to folder of every preset."""
    return {path.name: path for path in sorted(zoo.iterdir()) if path.is_dir() and is_preset(path)}


def read(folder, name):
    """One of the JSON files of a preset."""
    return json.loads((folder / name).read_text("utf-8"))


def metric(metrics, measure, extractor=""):
    """The entry of a measure among the metrics of a config, empty where it was not taken."""
    beginning = f"{measure}_{extractor}_" if extractor else f"{measure}_"
    return next((entry for name, entry in metrics.items() if name.startswith(beginning)), {})


def protocol(metrics):
    """What the names of the measures of this table end in, such as `effnetlite0_10k_train`."""
    beginning = f"kid_{EXTRACTOR}_"
    names = [name for name in metrics if name.startswith(beginning)]
    return names[0].removeprefix("kid_") if names else ""


def row(folder):
    """The row of a preset, all strings."""
    config, history = read(folder, CONFIG), read(folder, HISTORY)
    metrics = config["metrics"]
    found = {name: metric(metrics, name, EXTRACTOR) for name in FEATURE_COLUMNS}
    fidelity = metric(metrics, "fidelity")
    values = {
        "preset": config["name"],
        "data": config["data"]["name"],
        "resolution": config["resolution"],
        "generator_parameters": config["parameters"]["generator"],
        "images_seen": config["images_seen"],
        "hours": history.get("hours"),
        "protocol": protocol(metrics),
        **{name: entry.get("value") for name, entry in found.items()},
        "kid_standard_error": found["kid"].get("standard_error"),
        "fd_real": found["fd"].get("real_against_real"),
        "fd_real_count": found["fd"].get("real_against_real_count"),
        "fidelity": fidelity.get("value"),
        "classifier_accuracy": fidelity.get("classifier_accuracy"),
        "license": config["license"]["weights"],
    }
    return {name: "" if values[name] is None else str(values[name]) for name in COLUMNS}


def results_text(zoo=ZOO):
    """The content of `results.csv`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row(folder) for folder in presets(zoo).values())
    return text.getvalue()


def pictures(zoo=ZOO):
    """The table of the README: a picture of every preset and what it is."""
    lines = ["| preset | images | KID | weights |", "|---|---|---|---|"]
    for name, folder in presets(zoo).items():
        entry = row(folder)
        kid = f"{float(entry['kid']):.4f}" if entry["kid"] else "not measured"
        size = f"{entry['data']}, {entry['resolution']} x {entry['resolution']} pixels"
        lines.append(
            f"| [`{name}`](zoo/{name}/README.md), {size} | ![{name}](zoo/{name}/{SAMPLES}) "
            f"| {kid} | {int(entry['generator_parameters']):,} parameters, {entry['license']} |"
        )
    return "\n".join(lines)


def beside(folders, extractor):
    """Presets beside one another, measured in the features of one extractor, a Markdown table."""
    lines = [
        "| preset | images | hours | KID | FD (real against real) | precision | recall "
        "| class fidelity (of real test images) |",
        "|" + "---|" * 8,
    ]
    for folder in folders:
        config, history = read(folder, CONFIG), read(folder, HISTORY)
        found = {
            name: metric(config["metrics"], name, extractor)
            for name in ("kid", "fd", "precision", "recall")
        }
        fidelity = metric(config["metrics"], "fidelity", extractor)
        found["fidelity"] = fidelity or metric(config["metrics"], "fidelity")
        cells = [f"`{config['name']}`", f"{config['images_seen']:,}", str(history["hours"])]
        cells += [_FORMATS[name].format(**entry) if entry else "" for name, entry in found.items()]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


_FORMATS = {
    "kid": "{value:.3g} ± {standard_error:.1g}",
    "fd": "{value:.3g} ({real_against_real:.2g})",
    "precision": "{value:.2f}",
    "recall": "{value:.2f}",
    "fidelity": "{value:.1%} ({classifier_accuracy:.1%})",
}


def twins(zoo=ZOO):
    """Every preset with a twin beside it, the same recipe with the head of an ordinary GAN."""
    found = presets(zoo)
    pairs = [(found[name], found[name + TWIN]) for name in found if name + TWIN in found]
    if not pairs:
        return "None trained yet."
    return beside([folder for pair in pairs for folder in pair], EXTRACTOR)


def unseen(zoo=ZOO):
    """The presets of the sets that have a judge of their own, in that judge's features."""
    tables = []
    for data, extractor in UNSEEN.items():
        folders = [
            folder
            for folder in presets(zoo).values()
            if read(folder, CONFIG)["data"]["name"] == data
        ]
        if folders:
            tables.append(f"`{data}`, `{extractor}`:\n\n{beside(folders, extractor)}")
    return "\n\n".join(tables) or "None trained yet."


# Page of the clone: the name between its markers, what stands there.
PAGES = {
    "README.md": ("zoo", pictures),
    "docs/does_san_help.md": ("twins", twins),
    "docs/projected_san.md": ("unseen", unseen),
}


def parts(page, name):
    """What a page has before, between and behind the markers of a name."""
    begin, end = f"<!-- {name} begin -->\n", f"\n<!-- {name} end -->"
    text = page.read_text("utf-8")
    if begin not in text or end not in text:
        raise ValueError(f"{page} has no lines {begin!r} and {end!r} to put the table between.")
    before, rest = text.split(begin, 1)
    between, behind = rest.split(end, 1)
    return before + begin, between, end + behind


def write_tables(zoo=ZOO, root=ROOT):
    """Writes `results.csv` and the tables of the pages anew."""
    (zoo / RESULTS.name).write_text(results_text(zoo), encoding="utf-8")
    for page, (name, table) in PAGES.items():
        before, _, behind = parts(root / page, name)
        (root / page).write_text(before + table(zoo) + behind, encoding="utf-8")
