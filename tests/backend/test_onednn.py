"""TensorFlow's oneDNN, which keras_san asks for where TensorFlow itself does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENABLED = (
    "from tensorflow.python.util import _pywrap_util_port as build\n"
    "print(build.IsMklEnabled() or not build.IsX86Available())\n"
)


def run(program, **environment):
    """Output and messages of a program in a process of its own, without the suite's settings."""
    inherited = {k: v for k, v in os.environ.items() if k != "TF_ENABLE_ONEDNN_OPTS"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**inherited, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr


def test_keras_san_asks_for_onednn_and_leaves_who_set_it_alone():
    program = "import os, keras_san\nprint(os.environ['TF_ENABLE_ONEDNN_OPTS'])\n"
    # Without Keras: the name alone decides how little is imported.
    program = "import sys; sys.argv = ['keras-san']\n" + program
    assert run(program)[0] == "1"
    assert run(program, TF_ENABLE_ONEDNN_OPTS="0")[0] == "0"


def test_tensorflow_runs_with_it(backend):
    if backend != "tensorflow":
        pytest.skip("oneDNN is asked for from TensorFlow alone")
    found, messages = run("import keras_san\n" + ENABLED)
    assert found == "True"
    assert "without oneDNN" not in messages


def test_who_imports_keras_first_is_told(backend):
    if backend != "tensorflow":
        pytest.skip("oneDNN is asked for from TensorFlow alone")
    found, messages = run("import keras\nimport keras_san\n" + ENABLED)
    assert (found == "True") != ("without oneDNN" in messages)
    # Switched off by hand, it is off and nobody is told.
    found, messages = run("import keras\nimport keras_san\n", TF_ENABLE_ONEDNN_OPTS="0")
    assert "without oneDNN" not in messages
