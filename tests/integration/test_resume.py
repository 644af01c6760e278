"""2N steps equal N steps, a save, a fresh process and N steps more, bit for bit."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from tiny_gan import make_model, state, train

TESTS = Path(__file__).parents[1]

# The fresh process: its own seeds, so that nothing but the file can make it equal.
FROM_KERAS_FILE = """
model = keras.models.load_model(sys.argv[1] + "/model.keras")
train(model, steps=3, start=3)
"""
FROM_BACKUP = """
model = make_model()
backup = keras.callbacks.BackupAndRestore(sys.argv[1] + "/backup", delete_checkpoint=False)
train(model, steps=3, start=3, epochs=2, callbacks=[backup])
"""
FRAME = """
import sys
import keras
import numpy as np
keras.utils.set_random_seed(99)
import keras_san
from tiny_gan import make_model, state, train
{script}
np.savez(sys.argv[1] + "/state.npz", *state(model))
"""


def resumed_state(script, folder):
    environment = {
        **os.environ,
        "KERAS_BACKEND": keras.backend.backend(),
        "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)]),
    }
    run = subprocess.run(
        [sys.executable, "-c", FRAME.format(script=script), str(folder)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    with np.load(folder / "state.npz") as archive:
        return [archive[name] for name in archive.files]


@pytest.fixture(scope="module")
def uninterrupted():
    keras.utils.set_random_seed(1)
    model = make_model()
    train(model, steps=6)
    return state(model)


def check(resumed, uninterrupted):
    assert len(resumed) == len(uninterrupted)
    assert all(np.array_equal(a, b) for a, b in zip(resumed, uninterrupted, strict=True))


def test_through_a_keras_file(tmp_path, uninterrupted):
    keras.utils.set_random_seed(1)
    model = make_model()
    train(model, steps=3)
    model.save(tmp_path / "model.keras")
    check(resumed_state(FROM_KERAS_FILE, tmp_path), uninterrupted)


def test_through_backup_and_restore(tmp_path, uninterrupted):
    keras.utils.set_random_seed(1)
    model = make_model()
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup", delete_checkpoint=False)
    train(model, steps=3, callbacks=[backup])
    check(resumed_state(FROM_BACKUP, tmp_path), uninterrupted)
