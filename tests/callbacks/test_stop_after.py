"""Training within a budget."""

from types import SimpleNamespace

import pytest
from tiny_gan import counter, drive

from keras_san.callbacks import StopAfter
from keras_san.callbacks import stop_after as module


def images_after(stop):
    model = counter()
    drive(stop, model, steps=2, epochs=4)
    return model.images_seen


def test_exact_number_of_steps():
    stop = StopAfter(steps=3)
    assert images_after(stop) == 12
    assert images_after(stop) == 12


def test_no_limit():
    assert images_after(StopAfter()) == 32


def test_minutes(monkeypatch):
    seconds = iter([0.0, 1.0, 59.0, 60.0, 61.0])
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    # The clock starts with the second step, behind the compilation of the first.
    assert images_after(StopAfter(minutes=1)) == 16


@pytest.mark.parametrize("limit", [{"steps": 0}, {"minutes": -1}])
def test_wrong_limits(limit):
    with pytest.raises(ValueError, match=f"{next(iter(limit))} must be positive"):
        StopAfter(**limit)
