"""All callbacks together inside `fit`: they do their work and change nothing."""

import csv
import io

import keras
import numpy as np
from rich.console import Console
from tiny_gan import make_model, state, train

from keras_san import callbacks
from keras_san.data import image_grid


def test_everything_at_once(tmp_path):
    keras.utils.set_random_seed(1)
    model = make_model()
    train(model, steps=6)
    plain = state(model)

    keras.utils.set_random_seed(1)
    model = make_model()
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120, color_system=None)
    history = train(
        model,
        steps=4,
        epochs=3,
        callbacks=[
            callbacks.StopAfter(steps=6),
            callbacks.TrainingProgress(24, console=console),
            callbacks.StatsLog(tmp_path / "stats.csv"),
            callbacks.Checkpoint(tmp_path / "checkpoints", every_images=4, keep=9),
            callbacks.ImageGrid(tmp_path / "grids", every_images=16, seeds=range(3)),
        ],
    )
    assert all(np.array_equal(a, b) for a, b in zip(state(model), plain, strict=True))

    assert history["images_seen"] == [16, 24]
    assert all(rate > 0 for rate in history["images_per_second"])
    with open(tmp_path / "stats.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert set(rows[0]) == {"epoch", "seconds", *history}
    assert [float(row["generator_loss"]) for row in rows] == history["generator_loss"]

    # Keras may count a few steps late inside an epoch, but not at its end.
    saved = [path.stem for path in callbacks.Checkpoint.files(tmp_path / "checkpoints")]
    assert {"checkpoint_000000024", "checkpoint_000000016"} <= set(saved)

    grids = sorted(path.name for path in (tmp_path / "grids").iterdir())
    assert grids == ["samples_000000000.png", "samples_000000016.png", "samples_000000024.png"]
    last = keras.utils.img_to_array(keras.utils.load_img(tmp_path / "grids" / grids[-1]))
    assert np.array_equal(last[..., :1], image_grid(model.generate(seeds=range(3))))

    for part in ("24 of 24 images", "images/s", "D ", "G ", "cosine "):
        assert part in screen.getvalue()
