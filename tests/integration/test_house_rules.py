"""The rules of the house, read off the source: who may import whom, and how long a file may be."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "keras_san"
FILES = sorted(LIBRARY.rglob("*.py"))
BACKENDS = {"tensorflow": {"tensorflow"}, "torch": {"torch"}, "jax": {"jax", "jaxlib"}}
ROOMS = {
    room: storey
    for storey, rooms in enumerate(
        (
            ("backend",),
            ("layers",),
            ("features",),
            ("losses", "penalties", "augment", "sampling"),
            ("models",),
            ("presets", "data", "callbacks", "metrics", "convert"),
            ("cli",),
        )
    )
    for room in rooms
}
# `fit` adds two callbacks and `from_preset` loads presets, so these may look up, when called.
LAZY_UPWARDS = {"models/san_model.py": {"callbacks"}, "models/saving.py": {"presets"}}


def imports(file):
    """Yield (dotted module, whether inside a function) for each import of a file."""
    tree = ast.parse(file.read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, functions)
        for node in ast.walk(function)
    }
    package = ["keras_san", *file.relative_to(LIBRARY).parent.parts]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *filter(None, [node.module])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            yield name, id(node) in inside


def room_of(dotted):
    """Return the room of a module of the library, or None for anything else."""
    parts = dotted.split(".")
    return parts[1] if parts[0] == "keras_san" and len(parts) > 1 and parts[1] in ROOMS else None


def name_of(file):
    return file.relative_to(LIBRARY).as_posix()


def test_every_room_has_its_storey():
    rooms = {path.name for path in LIBRARY.iterdir() if (path / "__init__.py").exists()}
    assert rooms <= set(ROOMS), "a new folder of keras_san/ needs its place in ROOMS"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_imports_run_downwards(file):
    room = file.relative_to(LIBRARY).parts[0]
    if room not in ROOMS:
        return
    allowed = LAZY_UPWARDS.get(name_of(file), set())
    upwards = [
        dotted
        for dotted, in_function in imports(file)
        if (other := room_of(dotted)) is not None
        and ROOMS[other] > ROOMS[room]
        and not (in_function and other in allowed)
    ]
    assert not upwards, f"{name_of(file)} imports from a storey above its own"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_only_the_backend_room_imports_a_backend(file):
    room = file.relative_to(LIBRARY).parts[0]
    if room == "backend":
        return
    forbidden = set().union(*BACKENDS.values()) - ({"torch"} if room == "convert" else set())
    found = [dotted for dotted, _ in imports(file) if dotted.split(".")[0] in forbidden]
    assert not found, f"{name_of(file)} imports a backend; use keras.ops or keras_san.backend"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_file_is_one_thought(file):
    lines = len(file.read_text("utf-8").splitlines())
    assert lines <= 400, f"{name_of(file)} has {lines} lines; split it"


def test_the_library_needs_no_other_backend(backend, tmp_path):
    # A module that is None in sys.modules fails to import, as one that is not installed does. Keras
    # and TensorFlow import JAX themselves where they find it, so sys.modules alone proves nothing.
    others = sorted(set().union(*BACKENDS.values()) - BACKENDS[backend])
    program = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({others}))\n"
        "import keras_san\n"
        "for name in keras_san.__all__:\n"
        "    getattr(keras_san, name)\n"
        "keras_san.SANModel\n"
        f"print(sorted(name for name in {others} if sys.modules[name] is not None))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == "[]"


def test_no_file_holds_a_path_of_somebodys_machine():
    folders = [LIBRARY, *(ROOT / name for name in ("zoo", "tests", "benchmarks", "docs"))]
    files = [path for folder in folders for path in folder.rglob("*")] + list(ROOT.glob("*"))
    kinds = {".py", ".md", ".json", ".toml", ".cff", ".txt", ".csv", ".yml", ""}
    machine_path = re.compile(rf"(?<![\w.])(/(home|root|Users|tmp)/\w|{re.escape(str(ROOT))}/)")
    checked = [path for path in files if path.is_file() and path.suffix in kinds]
    found = [
        path.relative_to(ROOT).as_posix()
        for path in checked
        if machine_path.search(path.read_text("utf-8"))
    ]
    assert LIBRARY / "__init__.py" in checked
    assert not found
