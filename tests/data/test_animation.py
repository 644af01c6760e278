"""Animations hold the very frames, where the format can."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from keras_san.data import save_animation


def frames_of(channels):
    return np.random.default_rng(0).integers(0, 256, (4, 6, 5, channels), "uint8")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("ending", [".gif", ".png", ".webp"])
def test_frames_come_back(tmp_path, ending, channels):
    # A frame of this size has fewer than the 256 colours of a GIF.
    frames = frames_of(channels)
    path = tmp_path / "new" / f"walk{ending}"
    save_animation(frames, path, frames_per_second=10, scale=2)
    with Image.open(path) as file:
        pictures = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(file)]
        assert file.info["loop"] == 0
        assert file.info["duration"] == 100
    assert len(pictures) == 4
    for picture, frame in zip(pictures, frames, strict=True):
        expected = np.broadcast_to(frame, (6, 5, 3)).repeat(2, axis=0).repeat(2, axis=1)
        np.testing.assert_array_equal(picture, expected)


@pytest.mark.parametrize(
    ("frames", "name", "options", "message"),
    [
        (np.zeros((2, 4, 4, 1)), "a.gif", {}, "frames must be uint8"),
        (np.zeros((0, 4, 4, 1), np.uint8), "a.gif", {}, "frames must be uint8"),
        (np.zeros((2, 4, 4, 2), np.uint8), "a.gif", {}, "1 or 3 channels"),
        (np.zeros((2, 4, 4, 1), np.uint8), "a.mp4", {}, "path must end in .gif, .png, .webp"),
        (np.zeros((2, 4, 4, 1), np.uint8), "a.gif", {"scale": 0}, "scale"),
        (np.zeros((2, 4, 4, 1), np.uint8), "a.gif", {"frames_per_second": 0}, "frames_per_second"),
    ],
)
def test_refusals(tmp_path, frames, name, options, message):
    with pytest.raises(ValueError, match=message):
        save_animation(frames, tmp_path / name, **options)
    assert not list(tmp_path.iterdir())
