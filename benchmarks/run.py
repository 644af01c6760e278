"""Measures the tables of benchmarks/README.md, a process each, and rewrites them.

Programs that train for hours, or whose tables are in docs/, are run by themselves.

    python -m benchmarks.run
    python -m benchmarks.run --only step_time sampling --backends torch
    python -m benchmarks.run --table-only

With one table, options it does not know itself go to that table's program.
"""

import argparse
import os
import pathlib
import subprocess
import sys

from benchmarks import tables

FOLDER = pathlib.Path(__file__).parent
BACKENDS = ("tensorflow", "jax", "torch")


def _step_time(backend):
    networks = ("dcgan", "simple_san", "sngan", "biggan_deep", "projected")
    precisions = ("float32", "mixed_bfloat16")
    runs = [["--network", n, "--precision", p] for n in networks for p in precisions]
    return runs + ([["--network", "dcgan", "--jit-compile"]] if backend == "torch" else [])


def _architectures(backend):
    networks = ("dcgan", "simple_san", "sngan", "sagan", "biggan", "biggan_deep")
    return [["--network", name] for name in networks] + [["--block", n] for n in networks[2::3]]


def _metrics(backend):
    return [[]] + ([["--memory"]] if backend == "torch" else [])


def _once(backend):
    return [[]]


def _on(*backends):
    """A program that says the same whatever the backend runs on these alone."""
    return lambda backend: [[]] if backend in backends else []


# Name of a program of this folder to the argument lists that it runs with on a backend.
PROGRAMS = {
    "step_time": _step_time,
    "sampling": _once,
    "startup": _once,
    "input_pipeline": _once,
    "scaling": _once,
    "precision": _once,
    "architectures": _architectures,
    "objectives": _once,
    "metrics": _metrics,
    "planning": _on("jax"),
    "mixture": _on("jax"),
    "rejection_sampling": _on("torch"),
}


def _program(table):
    """The program that a table of the page is written by."""
    return getattr(tables.TABLES.get(table), "program", None) or table


def main(arguments=None):
    """Runs the processes one after the other; the exit status tells whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=list(PROGRAMS), default=list(PROGRAMS))
    parser.add_argument("--backends", nargs="*", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--table-only", action="store_true", help="measure nothing")
    options, others = parser.parse_known_args(arguments)
    if others and len(options.only) != 1:
        parser.error(f"{' '.join(others)}: name the one table they are for with --only")
    failed = []
    for name in [] if options.table_only else options.only:
        for backend in options.backends:
            for given in PROGRAMS[name](backend):
                command = [sys.executable, "-m", f"benchmarks.{name}", *given, *others]
                print("+", f"KERAS_BACKEND={backend}", *command[1:], flush=True)
                environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "2"}
                process = subprocess.run(command, cwd=FOLDER.parent, env=environment, check=False)
                if process.returncode:
                    failed.append(f"{name} on {backend}")
    tables.rewrite(FOLDER / "README.md", [n for n in tables.ALL if _program(n) in options.only])
    if failed:
        print("failed:", ", ".join(failed), file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    raise SystemExit(main())
