"""What starting costs: the import, the first images of a cold process, the peak memory.

    KERAS_BACKEND=jax python -m benchmarks.startup
    KERAS_BACKEND=torch python -m benchmarks.startup --repeats 3 --only import

Every number is taken in a process of its own, in turns.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from benchmarks import results
from benchmarks.turns import median, spread, take_turns

RESULTS = pathlib.Path(__file__).parent / "results" / "startup.csv"
COLUMNS = ("backend", "what", "value", "iqr", "unit", "repeats", *results.FACTS)
KEY = ("backend", "what", "threads", "cpu")

_REPORT = """
import json, resource, sys
usage = resource.getrusage(resource.RUSAGE_SELF)
peak = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
print(json.dumps({"cpu": usage.ru_utime + usage.ru_stime, "peak": peak}))
"""
_TRAIN = """
import numpy as np, keras_san
model = keras_san.models.build("dcgan", (32, 32, 3))
model.compile()
images = np.random.randint(0, 256, (3 * 64, 32, 32, 3), "uint8")
model.fit(images, batch_size=64, verbose=0)
"""
_SAMPLE = """
import keras_san
model = keras_san.SANModel.from_preset("dcgan_fashion_mnist_32")
model.generate({count})
"""
PROGRAMS = {
    "import keras": "import keras",
    "import keras_san": "import keras_san",
    "16 images": _SAMPLE.format(count=16),
    "training": _TRAIN,
    "sampling": _SAMPLE.format(count=256),
}


def parse_arguments(arguments=None):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7, help="processes of each kind")
    parser.add_argument(
        "--only", nargs="*", choices=sorted(MEASURES), default=sorted(MEASURES), help="what"
    )
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS, help="CSV to merge into")
    return parser.parse_args(arguments)


def run(program, **environment):
    """CPU seconds, wall seconds and peak MiB of a process that runs a program of `PROGRAMS`."""
    before = os.times()
    process = subprocess.run(
        [sys.executable, "-c", PROGRAMS[program] + _REPORT],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | environment,
    )
    if process.returncode:
        raise RuntimeError(f"{program} failed:\n{process.stderr[-2000:]}")
    report = json.loads(process.stdout.splitlines()[-1])
    return report | {"wall": os.times().elapsed - before.elapsed}


def _imports(repeats):
    times = take_turns(
        {name: lambda name=name: run(name)["cpu"] for name in ("import keras", "import keras_san")},
        repeats,
    )
    extra = times["import keras_san"] - times["import keras"]
    return {
        "import keras": (times["import keras"], "s CPU"),
        "import keras_san over import keras": (extra, "s CPU"),
    }


def _first_images(repeats):
    with tempfile.TemporaryDirectory() as cache:
        settings = {"cold process to 16 images": {}}
        if os.environ.get("KERAS_BACKEND") == "jax":
            kept = {"JAX_COMPILATION_CACHE_DIR": cache}
            kept["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
            run("16 images", **kept)
            settings["the same with JAX's compilation cache, filled"] = kept
        times = take_turns(
            {
                what: lambda given=given: run("16 images", **given)["wall"]
                for what, given in settings.items()
            },
            repeats,
        )
    return {what: (times[what], "s") for what in settings}


def _memory(repeats):
    names = {
        "training": "peak memory, training DCGAN-32, batch 64",
        "sampling": "peak memory, generating 256 images, batch 64",
        "import keras": "peak memory, import keras",
    }
    peaks = take_turns({name: lambda name=name: run(name)["peak"] for name in names}, repeats)
    return {label: (peaks[name], "MiB") for name, label in names.items()}


MEASURES = {"import": _imports, "first_images": _first_images, "memory": _memory}


def main(arguments=None):
    """Measures, prints, and merges the rows into the CSV."""
    options = parse_arguments(arguments)
    # The first process reads the files from the disk.
    run("import keras_san")
    for name in options.only:
        for what, (values, unit) in MEASURES[name](options.repeats).items():
            digits = 0 if unit == "MiB" else 2
            row = results.facts() | {
                "what": what,
                "value": f"{median(values):.{digits}f}",
                "iqr": f"{spread(values):.{digits}f}",
                "unit": unit,
                "repeats": options.repeats,
            }
            results.merge(options.out, row, COLUMNS, KEY)
            print(f"{what}: {row['value']} ± {row['iqr']} {unit}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
