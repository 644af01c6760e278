"""Images one after the other in one file."""

import pathlib

import numpy as np
from PIL import Image

# Pillow's options that keep the very pixels where the format can; GIF has 256 colours a frame.
FORMATS = {".gif": {}, ".png": {}, ".webp": {"lossless": True}}


def save_animation(frames, path, frames_per_second=16, scale=1):
    """Write images as an animation that loops, making its folder if need be.

    Use it for interpolations. A GIF plays everywhere and has 256 colours a frame; `.png` (animated
    PNG) and `.webp` keep every pixel.

    Args:
        frames: uint8 array of shape `(count, height, width, channels)` with 1 (grey) or 3 (RGB)
            channels.
        path: String or path that ends in `.gif`, `.png` or `.webp`.
        frames_per_second: Number. A GIF counts in hundredths of a second. Defaults to `16`.
        scale: Integer, pixels a side of which each pixel is shown. Defaults to `1`.

    Raises:
        ValueError: If the images are not such an array, or the path has another ending.

    Example:

    ```python
    import pathlib
    import tempfile

    import keras_san.data

    images, labels = keras_san.data.sample(batch_size=16)[0]
    path = pathlib.Path(tempfile.mkdtemp()) / "garments.gif"
    keras_san.data.save_animation(images, path, frames_per_second=4)
    ```
    """
    frames = np.asarray(frames)
    if frames.ndim != 4 or frames.dtype != np.uint8 or not len(frames):
        raise ValueError(
            "frames must be uint8 of shape (count, height, width, channels). Received: "
            f"{frames.dtype} of shape {frames.shape}."
        )
    if frames.shape[-1] not in (1, 3):
        raise ValueError(f"frames must have 1 or 3 channels. Received shape: {frames.shape}.")
    if frames_per_second <= 0 or scale < 1 or int(scale) != scale:
        raise ValueError(
            "frames_per_second must be positive and scale an integer of at least 1. Received: "
            f"frames_per_second={frames_per_second!r}, scale={scale!r}."
        )
    path = pathlib.Path(path)
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"path must end in {', '.join(FORMATS)}. Received: {str(path)!r}.")
    frames = frames.repeat(scale, axis=1).repeat(scale, axis=2)
    pictures = [
        Image.fromarray(frame[..., 0] if frame.shape[-1] == 1 else frame) for frame in frames
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures[0].save(
        path,
        save_all=True,
        append_images=pictures[1:],
        duration=round(1000 / frames_per_second),
        loop=0,
        **FORMATS[path.suffix.lower()],
    )
