"""Images a second, by a clock that the test turns."""

from types import SimpleNamespace

import pytest
from tiny_gan import counter

from keras_san.callbacks import Throughput
from keras_san.callbacks import throughput as module


@pytest.fixture
def clock(monkeypatch):
    seconds = [0.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: seconds[0]))
    return seconds


def started(**arguments):
    callback = Throughput(**arguments)
    callback.set_model(counter(100))
    callback.on_train_begin()
    callback.on_epoch_begin(0)
    return callback


def step(callback, clock, seconds, images):
    clock[0] += seconds
    logs = {"images_seen": float(images)}
    callback.on_train_batch_end(0, logs)
    return logs["images_per_second"]


def test_rate_is_that_of_the_window(clock):
    callback = started(window=2)
    assert step(callback, clock, 10.0, 110) == 1.0
    assert step(callback, clock, 2.0, 120) == pytest.approx(20 / 12)
    assert step(callback, clock, 2.0, 130) == 5.0
    logs = {"images_seen": 130.0}
    callback.on_epoch_end(0, logs)
    assert logs["images_per_second"] == pytest.approx(30 / 14)


def test_second_epoch_has_its_own_rate(clock):
    callback = started()
    step(callback, clock, 10.0, 110)
    callback.on_epoch_end(0, {"images_seen": 110.0})
    clock[0] += 1000.0
    callback.on_epoch_begin(1)
    step(callback, clock, 2.0, 150)
    logs = {"images_seen": 150.0}
    callback.on_epoch_end(1, logs)
    assert logs["images_per_second"] == 20.0


def test_steps_that_end_out_of_order(clock):
    callback = started()
    step(callback, clock, 1.0, 120)
    assert step(callback, clock, 1.0, 110) == 20.0


def test_no_window():
    with pytest.raises(ValueError, match="window must be at least 1 step, got 0"):
        Throughput(window=0)
