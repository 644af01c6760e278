"""What a person sees of a run."""

import io
import logging
from types import SimpleNamespace

import pytest
from absl import logging as absl_logging
from rich.console import Console
from tiny_gan import counter, drive

from keras_san.callbacks import TrainingProgress

LOGS = {
    "images_per_second": 0.1,
    "discriminator_loss": 2.0,
    "generator_loss": 0.5,
    "direction_cosine": 0.25,
}


@pytest.fixture
def lines():
    """The lines that go to the absl log."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = absl_logging.get_absl_logger()
    verbosity = absl_logging.get_verbosity()
    absl_logging.set_verbosity("info")
    logger.addHandler(handler)
    yield lambda: stream.getvalue().splitlines()
    logger.removeHandler(handler)
    absl_logging.set_verbosity(verbosity)


def show(terminal):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=terminal, width=120, color_system=None)
    with TrainingProgress(1000, console=console) as progress:
        drive(progress, counter(984), steps=2, epochs=2, logs=LOGS)
    return screen.getvalue()


def test_a_bar_on_a_terminal(lines):
    screen = show(terminal=True)
    assert "1,000 of 1,000 images" in screen
    assert "0 images/s  D 2.000  G 0.500  cosine 0.250" in screen
    assert len(lines()) == 2


def test_plain_lines_elsewhere(lines):
    assert show(terminal=False) == ""
    facts = "0 images/s  D 2.000  G 0.500  cosine 0.250"
    assert lines() == [
        f"992 of 1,000 images, {facts}, 80 s left",
        f"1,000 of 1,000 images, {facts}",
    ]


def test_a_line_within_a_long_epoch(lines, monkeypatch):
    model = counter()
    # A minute a step of four images.
    clock = SimpleNamespace(monotonic=lambda: 15 * model.images_seen)
    monkeypatch.setattr("keras_san.callbacks.progress.time", clock)
    with TrainingProgress(48, console=Console(file=io.StringIO())) as progress:
        drive(progress, model, steps=12, logs=LOGS)
    told = [line.partition(" images")[0] for line in lines()]
    assert told == ["20 of 48", "40 of 48", "48 of 48"]


def test_steps_may_arrive_in_any_order():
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120, color_system=None)
    with TrainingProgress(1000, console=console) as progress:
        progress.set_model(counter(984))
        progress.on_train_begin()
        for images_seen in (1000, 992):
            progress.on_train_batch_end(0, LOGS | {"images_seen": images_seen})
    assert "1,000 of 1,000 images" in screen.getvalue()
    assert "992 of" not in screen.getvalue()


def test_the_end_of_an_epoch_is_shown():
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120, color_system=None)
    with TrainingProgress(1000, console=console) as progress:
        model = counter(984)
        progress.set_model(model)
        progress.on_train_begin()
        model.images_seen = 1000
        progress.on_epoch_end(0, LOGS)
    assert "1,000 of 1,000 images" in screen.getvalue()


def test_log_lines_go_above_the_bar(lines, monkeypatch):
    screen = io.StringIO()
    handler = absl_logging.get_absl_handler().python_handler
    monkeypatch.setattr(handler, "stream", io.StringIO())
    before = handler.stream
    console = Console(file=screen, force_terminal=True, width=120, color_system=None)
    with TrainingProgress(16, console=console) as progress:
        progress.set_model(counter())
        progress.on_train_begin()
        assert handler.stream is not before
        print("a line of the log", file=handler.stream)
    assert handler.stream is before
    assert "a line of the log" in screen.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"), [(3, "3 s"), (100, "2 min"), (3599, "1 h 00 min"), (9000, "2 h 30 min")]
)
def test_time_left(lines, seconds, text):
    with TrainingProgress(100, console=Console(file=io.StringIO())) as progress:
        logs = {"images_per_second": 92 / seconds}
        drive(progress, counter(), steps=2, logs=logs)
    assert lines()[0].endswith(f", {text} left")


def test_an_error_takes_the_bar_down():
    console = Console(file=io.StringIO(), force_terminal=True)
    with pytest.raises(RuntimeError, match="on purpose"):
        with TrainingProgress(16, console=console) as progress:
            progress.set_model(counter())
            progress.on_train_begin()
            raise RuntimeError("on purpose")
    # The console still had its cursor hidden, and its errors caught, if the bar was up.
    assert console.file.getvalue().endswith("\x1b[?25h")
