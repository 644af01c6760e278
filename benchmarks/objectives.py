"""What each loss, penalty, augmentation and scheme costs, beside the plain hinge step.

    KERAS_BACKEND=torch python -m benchmarks.objectives
    KERAS_BACKEND=jax python -m benchmarks.objectives --only r1 ada --width 16

Each contestant takes turns with the baseline (DCGAN, 32 x 32, hinge, SAN head, nothing else) in
blocks of steps; the cost is the median of the blocks' ratios, less one. Rows go to
results/objectives.csv, and the table of docs/objectives.md is rewritten.
"""

import argparse
import datetime
import os
import pathlib
import time

import keras
import numpy as np

import keras_san
from benchmarks import results
from keras_san.models import TrainingScheme

FOLDER = pathlib.Path(__file__).parent
PAGE = FOLDER.parent / "docs" / "objectives.md"
COLUMNS = ("backend", "component", "kind", "cost", "steps_per_second", "baseline_steps_per_second")
COLUMNS += ("width", "batch_size", "threads", "date", "cpu", "versions")
KEY = ("backend", "component", "width", "batch_size", "threads", "cpu")


def contestants():
    """Name to (kind, arguments of `compile`, head)."""
    found = {}
    for name in keras_san.losses.names():
        head = "auto_encoder" if name == "began" else "san"
        if name != "hinge":
            found[name] = ("loss", {"loss": name}, head)
    # What guidance costs is what the classifier that it is given costs.
    for name in sorted({*keras_san.penalties.names()} - {"classifier_guidance"}):
        head = "san_classifier" if name == "class_likelihood" else "san"
        found[name] = ("penalty", {"penalties": [name]}, head)
    found["r1::16"] = ("penalty", {"penalties": ["r1::16"]}, "san")
    for name in keras_san.augment.names():
        found[name] = ("augmentation", {"augment": name}, "san")
    for name, scheme in {
        "top_k": TrainingScheme(top_k=0.5),
        "accumulation 2": TrainingScheme(accumulation=2),
        "decay_steps": TrainingScheme(decay_steps=10_000),
        "weight_clip": TrainingScheme(weight_clip=0.01),
    }.items():
        found[name] = ("scheme", {"scheme": scheme}, "san")
    return found


def make_model(options, head="san", **compile_arguments):
    """The network that all share."""
    keras.utils.set_random_seed(1)
    classes = 10 if head == "san_classifier" else 0
    model = keras_san.models.build("dcgan", (32, 32, 3), classes, head=head, width=options.width)
    model.compile(**{"loss": "hinge"} | compile_arguments)
    return model


def block(model, images, labels, steps):
    """Seconds of so many steps."""
    batch = (images, labels) if model.num_classes else (images,)
    start = time.perf_counter()
    for _ in range(steps):
        logs = model.train_on_batch(*batch, return_dict=True)
    float(logs["generator_loss"])
    return time.perf_counter() - start


def compare(name, options, baseline, images, labels):
    """The row of one component."""
    kind, arguments, head = contestants()[name]
    model = make_model(options, head, **arguments)
    # A penalty of every sixteenth step is met once in each block.
    steps = 16 if name.endswith(":16") else options.steps
    for each in (baseline, model):
        block(each, images, labels, 2)
    times = [
        [block(each, images, labels, steps) for each in (baseline, model)]
        for _ in range(options.blocks)
    ]
    plain, own = np.median(times, axis=0)
    backend = keras.backend.backend()
    return {
        "backend": backend,
        "component": name,
        "kind": kind,
        "cost": round(float(np.median([b / a for a, b in times])) - 1.0, 3),
        "steps_per_second": round(steps / own, 3),
        "baseline_steps_per_second": round(steps / plain, 3),
        "width": options.width,
        "batch_size": options.batch_size,
        "threads": os.environ.get("OMP_NUM_THREADS", os.cpu_count()),
        "date": datetime.date.today().isoformat(),
        "cpu": results.processor(),
        "versions": f"keras {keras.__version__} {backend}",
    }


def table(rows):
    """The costs of all components, a Markdown table."""
    backends = sorted({row["backend"] for row in rows})
    lines = [
        f"| component | kind | {' | '.join(backends)} |",
        f"|---|---|{'---|' * len(backends)}",
    ]
    for kind, name in sorted({(row["kind"], row["component"]) for row in rows}):
        costs = {row["backend"]: row["cost"] for row in rows if row["component"] == name}
        cells = [f"{100 * float(costs[b]):+.0f} %" if b in costs else "" for b in backends]
        lines.append(f"| `{name}` | {kind} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments=None):
    """Measures on the backend that is set; rewrites the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", help="names of components")
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--steps", type=int, default=5, help="steps in a block")
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER / "results" / "objectives.csv")
    parser.add_argument("--page", type=pathlib.Path, default=PAGE)
    parser.add_argument("--table-only", action="store_true", help="measure nothing")
    options = parser.parse_args(arguments)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (options.batch_size, 32, 32, 3), "uint8")
    labels = random.integers(0, 10, options.batch_size)
    if not options.table_only:
        baseline = make_model(options)
        for name in options.only or contestants():
            row = compare(name, options, baseline, images, labels)
            results.merge(options.out, row, COLUMNS, KEY)
            print(f"{row['backend']} {name}: {100 * row['cost']:+.0f} %", flush=True)
    results.put(options.page, "objectives", table(results.read(options.out)))


if __name__ == "__main__":
    main()
