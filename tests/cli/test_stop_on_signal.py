"""Signals end training after the current step, once."""

import os
import signal
from types import SimpleNamespace

import pytest

from keras_san.cli.stop_on_signal import StopOnSignal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_training_and_a_second_one_acts_as_before(number):
    seconds = []
    before = signal.signal(number, lambda *_: seconds.append("second"))
    try:
        model = SimpleNamespace(stop_training=False)
        with StopOnSignal(model) as stop:
            assert stop.received is None
            os.kill(os.getpid(), number)
            assert stop.received == number and model.stop_training
            assert not seconds
            os.kill(os.getpid(), number)
            assert seconds == ["second"]
    finally:
        signal.signal(number, before)


def test_a_signal_before_fit_looks_is_not_lost():
    model = SimpleNamespace(stop_training=False)
    with StopOnSignal(model) as stop:
        os.kill(os.getpid(), signal.SIGINT)
        model.stop_training = False
        stop.set_model(model)
        stop.on_train_batch_begin(0)
    assert model.stop_training


def test_the_signals_are_given_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with StopOnSignal(SimpleNamespace()):
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
