"""Measures every backend and network, a process each, and rewrites the table in README.md.

    python -m benchmarks.run
    python -m benchmarks.run --backends torch --precisions float32 --blocks 9

Options it does not know itself go to `benchmarks.step_time`.
"""

import argparse
import os
import pathlib
import subprocess
import sys

from benchmarks import results

FOLDER = pathlib.Path(__file__).parent


def main():
    """Runs the processes one after the other; the exit status tells whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backends", nargs="*", default=["tensorflow", "jax", "torch"])
    parser.add_argument("--networks", nargs="*", default=["dcgan", "simple_san"])
    parser.add_argument("--precisions", nargs="*", default=["float32", "mixed_bfloat16"])
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER / "results" / "step_time.csv")
    parser.add_argument("--readme", type=pathlib.Path, default=FOLDER / "README.md")
    parser.add_argument("--table-only", action="store_true", help="measure nothing")
    options, others = parser.parse_known_args()
    failures = 0
    runs = [
        (backend, network, precision)
        for network in options.networks
        for precision in options.precisions
        for backend in options.backends
    ]
    for backend, network, precision in [] if options.table_only else runs:
        command = [sys.executable, "-m", "benchmarks.step_time", "--network", network]
        command += ["--precision", precision, "--out", str(options.out.absolute()), *others]
        environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "2"}
        status = subprocess.run(command, cwd=FOLDER.parent, env=environment, check=False)
        failures += status.returncode != 0
    results.rewrite(options.readme, results.read(options.out))
    return int(failures > 0)


if __name__ == "__main__":
    raise SystemExit(main())
