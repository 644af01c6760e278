"""The full state of training: exact, atomic, and safe from its own failures."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from tiny_gan import counter, disturb, drive, make_model, state, train

import keras_san
from keras_san.callbacks import Checkpoint, NonFiniteStateError

HERE = Path(__file__).parents[1]

RESUME = """
import sys
import keras
import numpy as np
keras.utils.set_random_seed(99)
from tiny_gan import make_model, state, train
from keras_san.callbacks import Checkpoint
model = make_model()
assert Checkpoint.restore(model, sys.argv[1])["images_seen"] == 12
train(model, steps=3, start=3)
np.savez(sys.argv[2], *state(model))
"""


def equal(first, second):
    return len(first) == len(second) and all(
        a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(first, second, strict=True)
    )


def test_resume_in_a_fresh_process_is_exact(tmp_path):
    keras.utils.set_random_seed(1)
    model = make_model()
    train(model, steps=6)
    uninterrupted = state(model)

    keras.utils.set_random_seed(1)
    model = make_model()
    train(model, steps=3, callbacks=[Checkpoint(tmp_path / "run", every_images=1000)])
    assert not equal(state(model), uninterrupted)

    environment = {
        **os.environ,
        "KERAS_BACKEND": keras.backend.backend(),
        "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])]),
    }
    run = subprocess.run(
        [sys.executable, "-c", RESUME, tmp_path / "run", tmp_path / "state.npz"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    with np.load(tmp_path / "state.npz") as archive:
        resumed = [archive[name] for name in archive.files]
    assert equal(resumed, uninterrupted)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "bfloat16"])
def test_everything_is_held(tmp_path, policy):
    keras.config.set_dtype_policy(policy)
    model = make_model(num_classes=3)
    disturb(model)
    Checkpoint.save(model, tmp_path)
    other = make_model(num_classes=3)
    restored = Checkpoint.restore(other, tmp_path)
    assert equal(state(other), state(model))
    assert restored["images_seen"] == int(other.images_seen) == 8
    assert restored["backend"] == keras.backend.backend()


def test_period_and_keep(tmp_path):
    model = make_model()
    drive(Checkpoint(tmp_path, every_images=8, keep=2), model, steps=2, epochs=3)
    names = [path.name for path in Checkpoint.files(tmp_path)]
    assert names == ["checkpoint_000000024.npz", "checkpoint_000000016.npz"]


def test_minutes_without_a_checkpoint(tmp_path, monkeypatch):
    model, saved = counter(), []
    # Twenty seconds a step of four images.
    clock = SimpleNamespace(monotonic=lambda: 5 * model.images_seen)
    monkeypatch.setattr("keras_san.callbacks.checkpoint.time", clock)
    checkpoint = Checkpoint(tmp_path, every_images=20, every_minutes=1)
    monkeypatch.setattr(checkpoint, "save", lambda model, _: saved.append(model.images_seen))
    drive(checkpoint, model, steps=11)
    assert saved == [12, 20, 32, 40, 44]


@pytest.mark.parametrize("minutes", [0, -1])
def test_wrong_minutes(tmp_path, minutes):
    with pytest.raises(ValueError, match="every_minutes must be positive or None"):
        Checkpoint(tmp_path, every_images=8, every_minutes=minutes)


def test_bad_state_is_not_saved(tmp_path):
    model = make_model()
    Checkpoint.save(model, tmp_path)
    good = Checkpoint.files(tmp_path)[0].read_bytes()
    weight = model.discriminator.trainable_variables[0]
    value = keras.ops.convert_to_numpy(weight).copy()
    value.flat[0] = np.nan
    weight.assign(value)
    with pytest.raises(NonFiniteStateError, match="holds 1 values that are not finite") as caught:
        Checkpoint.save(model, tmp_path)
    assert weight.path in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint_000000000.npz"]
    assert Checkpoint.files(tmp_path)[0].read_bytes() == good


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    model = make_model()
    Checkpoint.save(model, tmp_path)
    good = Checkpoint.files(tmp_path)[0].read_bytes()

    def disk_full(file, **arrays):
        file.write(b"half a file")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", disk_full)
    with pytest.raises(OSError, match="No space left"):
        Checkpoint.save(model, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint_000000000.npz"]
    assert Checkpoint.files(tmp_path)[0].read_bytes() == good


@pytest.mark.parametrize("damage", ["truncated", "empty", "flipped"])
def test_damaged_newest_falls_back(tmp_path, damage):
    model = make_model()
    drive(Checkpoint(tmp_path, every_images=4), model, steps=2)
    newest, previous = Checkpoint.files(tmp_path)
    content = bytearray(newest.read_bytes())
    middle = len(content) // 2
    if damage == "flipped":
        content[middle] ^= 255
    newest.write_bytes(content[: {"truncated": middle, "empty": 0}.get(damage)])
    with pytest.warns(UserWarning, match=f"Could not read {newest.name}.*went back to"):
        restored = Checkpoint.restore(make_model(), tmp_path)
    assert restored["path"] == previous

    # Training goes on over the damaged file.
    model = make_model()
    with pytest.warns(UserWarning, match="Could not read"):
        Checkpoint.restore(model, tmp_path)
    drive(Checkpoint(tmp_path, every_images=4), model, steps=1)
    assert Checkpoint.restore(make_model(), tmp_path)["path"] == newest


def test_nothing_to_restore(tmp_path):
    with pytest.raises(ValueError, match="No checkpoint to restore .*: found none"):
        Checkpoint.restore(make_model(), tmp_path / "missing")
    (tmp_path / "checkpoint_000000004.npz").write_bytes(b"")
    with pytest.raises(ValueError, match="could not read checkpoint_000000004.npz"):
        Checkpoint.restore(make_model(), tmp_path)


def test_another_model_is_left_as_it_was(tmp_path):
    Checkpoint.save(make_model(), tmp_path)
    other = make_model(num_classes=3)
    before = state(other)
    with pytest.raises(ValueError, match="is of another model. It holds `.*` of shape"):
        Checkpoint.restore(other, tmp_path)
    assert equal(state(other), before)


def test_another_optimizer_is_refused(tmp_path):
    Checkpoint.save(make_model(), tmp_path)
    other = make_model(discriminator_optimizer=keras.optimizers.SGD())
    with pytest.raises(ValueError, match="is of another model. It holds"):
        Checkpoint.restore(other, tmp_path)


def test_not_compiled(tmp_path):
    model = make_model()
    uncompiled = keras_san.SANModel(model.generator, model.discriminator)
    with pytest.raises(ValueError, match=r"Call model.compile\(...\) first"):
        Checkpoint.save(uncompiled, tmp_path)


def test_a_new_run_does_not_mix_with_an_old_one(tmp_path):
    drive(Checkpoint(tmp_path, every_images=4), make_model(), steps=2)
    with pytest.raises(ValueError, match="was saved after 8 images, but this model has seen 0"):
        drive(Checkpoint(tmp_path, every_images=4), make_model(), steps=1)
    assert len(Checkpoint.files(tmp_path)) == 2


def test_files_are_ordered_by_number(tmp_path):
    for number in (5, 1_000_000_000, 999_999_999):
        (tmp_path / f"checkpoint_{number:09d}.npz").touch()
    names = [path.stem for path in Checkpoint.files(tmp_path)]
    assert names == ["checkpoint_1000000000", "checkpoint_999999999", "checkpoint_000000005"]


def test_wrong_keep(tmp_path):
    with pytest.raises(ValueError, match="keep must be at least 1 file, got 0"):
        Checkpoint(tmp_path, every_images=1, keep=0)
