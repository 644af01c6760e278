"""The wheel holds all that a preset needs, and works in an empty directory."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRESETS = sorted(path.parent.name for path in (ROOT / "zoo").glob("*/config.json"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that holds the unpacked wheel, built from a copy of the source."""
    source = tmp_path_factory.mktemp("source")
    # A build writes into its source.
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source)
    for name in ("keras_san", "zoo"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=200)
    (wheel,) = (source / "dist").glob("*.whl")
    assert wheel.stat().st_size < 100e6
    folder = tmp_path_factory.mktemp("installed")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def test_the_wheel_holds_the_presets_and_the_sample(installed):
    assert PRESETS
    for preset in PRESETS:
        inside = {path.name for path in (installed / "keras_san" / "zoo" / preset).iterdir()}
        outside = {path.name for path in (ROOT / "zoo" / preset).iterdir()}
        assert inside == outside
    assert list((installed / "keras_san" / "data").glob("*.npz"))
    assert list((installed / "keras_san" / "data").glob("*LICENSE*"))


def test_the_wheel_holds_the_extractors(installed):
    for folder in (ROOT / "zoo" / "extractors").iterdir():
        inside = installed / "keras_san" / "zoo" / "extractors" / folder.name
        names = {path.name for path in folder.iterdir()}
        assert {path.name for path in inside.iterdir()} == names
        assert names == {"README.md", "extractor.json", "network.weights.h5"}


def test_the_wheel_holds_nothing_else(installed):
    assert not (installed / "keras_san" / "zoo" / "tools").exists()
    assert {path.name for path in installed.iterdir() if "dist-info" not in path.name} == {
        "keras_san"
    }


def test_a_preset_of_the_wheel_generates_in_an_empty_directory(installed, backend, tmp_path):
    program = (
        "import keras_san\n"
        f"model = keras_san.SANModel.from_preset({PRESETS[0]!r})\n"
        "print(keras_san.__file__)\n"
        "print(model.generate(2, seed=0).shape)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    origin, shape = run.stdout.splitlines()[-2:]
    assert Path(origin).is_relative_to(installed)
    assert shape.startswith("(2, ")
