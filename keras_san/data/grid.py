"""Images side by side in one picture."""

import math
import pathlib

import numpy as np
from PIL import Image

from keras_san.data.checks import check_integer, is_one_image


def image_grid(images, columns=None, padding=2):
    """Arrange images in rows on a white ground.

    Use it to look at a batch of generated or real images.

    Args:
        images: uint8 array of shape `(N, height, width, channels)`, `(N, height, width)`, or
            `(rows, columns, height, width, channels)`.
        columns: Integer, images in a row. Defaults to `None`, the images' own columns, else the
            nearest to a square.
        padding: Integer, white pixels around each image. Defaults to `2`.

    Returns:
        uint8 array of shape `(grid_height, grid_width, channels)`.

    Raises:
        ValueError: If the images are not uint8, are none at all or have another rank.

    Example:

    ```python
    import keras_san.data

    images, labels = keras_san.data.sample(batch_size=16)[0]
    grid = keras_san.data.image_grid(images)
    assert grid.shape == (122, 122, 1)
    ```
    """
    images = np.asarray(images)
    if images.ndim == 3 and not is_one_image(images):
        images = images[..., None]
    if images.ndim == 5:
        columns = images.shape[1] if columns is None else columns
        images = images.reshape(-1, *images.shape[2:])
    if images.ndim != 4 or images.dtype != np.uint8 or len(images) == 0:
        raise ValueError(
            "images must be uint8 of shape (N, height, width, channels) with N of at least 1. "
            f"Received: {images.dtype} of shape {images.shape}. One image alone needs images[None]."
        )
    count, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(count)) if columns is None else columns
    check_integer("columns", columns, 1)
    check_integer("padding", padding, 0)
    rows = math.ceil(count / columns)
    cell = (height + padding, width + padding)
    cells = np.full((rows * columns, *cell, channels), 255, np.uint8)
    cells[:count, padding:, padding:] = images
    grid = cells.reshape(rows, columns, *cell, channels).swapaxes(1, 2)
    grid = grid.reshape(rows * cell[0], columns * cell[1], channels)
    return np.pad(grid, ((0, padding), (0, padding), (0, 0)), constant_values=255)


def save_png(image, path):
    """Write one image as a PNG file, making its folder if need be.

    Use it for a generated image or for the result of `image_grid`.

    Args:
        image: uint8 array of shape `(height, width)` or `(height, width, channels)` with 1
            (grey), 3 (RGB) or 4 (RGBA) channels.
        path: String or path that ends in `.png`.

    Raises:
        ValueError: If the image is not uint8, has another shape, or the path another ending.

    Example:

    ```python
    import pathlib
    import tempfile

    import keras_san.data

    images, labels = keras_san.data.sample(batch_size=16)[0]
    path = pathlib.Path(tempfile.mkdtemp()) / "grids" / "real.png"
    keras_san.data.save_png(keras_san.data.image_grid(images), path)
    ```
    """
    image = np.asarray(image)
    has_channels = image.ndim == 3 and image.shape[-1] in (1, 3, 4)
    if image.dtype != np.uint8 or not (has_channels or image.ndim == 2):
        raise ValueError(
            "image must be uint8 of shape (height, width) or (height, width, 1, 3 or 4). Received: "
            f"{image.dtype} of shape {image.shape}."
        )
    path = pathlib.Path(path)
    if path.suffix.lower() != ".png":
        raise ValueError(f"path must end in .png. Received: {str(path)!r}.")
    if image.shape[-1] == 1 and image.ndim == 3:
        image = image[..., 0]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
