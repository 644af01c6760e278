"""Images side by side, and PNG files."""

import numpy as np
import pytest
from PIL import Image

from keras_san.data import image_grid, save_png


def test_grid_places_row_by_row_on_white():
    images = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 3, 3), np.uint8)
    grid = image_grid(images, columns=3, padding=1)
    assert grid.shape == (7, 13, 3) and grid.dtype == np.uint8
    for index in range(5):
        row, column = divmod(index, 3)
        top, left = 1 + row * 3, 1 + column * 4
        assert (grid[top : top + 2, left : left + 3] == index).all()
    assert (grid == 255).sum() == grid.size - images.size


def test_grid_defaults():
    assert image_grid(np.zeros((10, 4, 4), np.uint8)).shape == (3 * 6 + 2, 4 * 6 + 2, 1)
    assert image_grid(np.zeros((4, 4, 4, 1), np.uint8), padding=0).shape == (8, 8, 1)


def test_grid_keeps_the_columns_of_a_sheet():
    sheet = np.arange(6, dtype=np.uint8).reshape(2, 3, 1, 1, 1)
    expected = sheet.reshape(2, 3, 1)
    np.testing.assert_array_equal(image_grid(sheet, padding=0), expected)
    np.testing.assert_array_equal(image_grid(sheet, 2, padding=0), sheet.reshape(3, 2, 1))


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((2, 4, 4, 1)),
        np.zeros((0, 4, 4, 1), np.uint8),
        # One picture in colours.
        np.zeros((8, 6, 3), np.uint8),
    ],
)
def test_grid_refuses(images):
    with pytest.raises(ValueError, match="images must be uint8 of shape"):
        image_grid(images)


def test_grid_refuses_columns_and_padding():
    images = np.zeros((4, 4, 4, 1), np.uint8)
    with pytest.raises(ValueError, match="columns must be an integer of at least 1"):
        image_grid(images, columns=0)
    with pytest.raises(ValueError, match="padding must be an integer of at least 0"):
        image_grid(images, padding=-1)


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 1), (5, 4, 3), (5, 4, 4), (5, 1)])
def test_png_round_trip(tmp_path, shape):
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    path = tmp_path / "new" / "a.png"
    save_png(image, path)
    with Image.open(path) as file:
        np.testing.assert_array_equal(np.asarray(file).reshape(shape), image)


def test_png_refuses(tmp_path):
    with pytest.raises(ValueError, match="image must be uint8"):
        save_png(np.zeros((4, 4)), tmp_path / "a.png")
    with pytest.raises(ValueError, match="image must be uint8"):
        save_png(np.zeros((4, 4, 2), np.uint8), tmp_path / "a.png")
    with pytest.raises(ValueError, match="must end in .png"):
        save_png(np.zeros((4, 4), np.uint8), tmp_path / "a.jpg")
