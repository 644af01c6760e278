"""What the zoo's tools share: where things lie, the table of results, the README's pictures."""

import csv
import io
import json
from pathlib import Path

from keras_san.presets.layout import CONFIG, HISTORY, SAMPLES, is_preset

ZOO = Path(__file__).resolve().parents[1]
ROOT = ZOO.parent
RESULTS, README = ZOO / "results.csv", ROOT / "README.md"
BEGIN, END = "<!-- zoo begin -->", "<!-- zoo end -->"

FEATURE_COLUMNS = ("kid", "fd", "precision", "recall", "density", "coverage", "memorisation")
COLUMNS = ("preset", "data", "resolution", "generator_parameters", "images_seen", "hours")
COLUMNS += ("protocol", *FEATURE_COLUMNS, "kid_standard_error", "fd_real", "fd_real_count")
COLUMNS += ("fidelity", "classifier_accuracy", "license")
# Every preset is measured in these features, so that the columns of the table compare.
EXTRACTOR = "effnetlite0"


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


def between(text, begin=BEGIN, end=END):
    """What a page holds between two markers."""
    if begin not in text or end not in text:
        raise ValueError(f"The page has no lines {begin!r} and {end!r} to put the table between.")
    return text.split(begin, 1)[1].split(end, 1)[0].strip("\n")


def write_tables(zoo=ZOO, readme=README):
    """Writes `results.csv` and the table of the README anew."""
    (zoo / RESULTS.name).write_text(results_text(zoo), encoding="utf-8")
    text = readme.read_text("utf-8")
    between(text)
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    readme.write_text(f"{before}{BEGIN}\n{pictures(zoo)}\n{END}{after}", encoding="utf-8")
