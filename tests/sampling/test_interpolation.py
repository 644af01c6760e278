"""Straight lines and arcs between latent vectors, and the images along them."""

import numpy as np
import pytest
from linear_gan import linear_model

from keras_san.data import image_grid
from keras_san.sampling import (
    class_sheet,
    interpolate,
    latents,
    linear_interpolation,
    spherical_interpolation,
    video_frames,
)


@pytest.fixture(scope="module")
def model():
    return linear_model(np.eye(4) / 6.0, np.ones(4), (2, 2, 1), num_classes=3)


@pytest.mark.parametrize("function", [linear_interpolation, spherical_interpolation])
def test_ends_are_the_vectors(function):
    start, end = latents([3, 4], 16)
    path = function(start, end, 5)
    assert path.shape == (5, 16) and path.dtype == np.float32
    np.testing.assert_allclose(path[[0, -1]], [start, end], atol=1e-6)


def test_line_is_straight():
    path = linear_interpolation([0.0, 2.0], [4.0, 0.0], 5)
    np.testing.assert_allclose(path, np.stack([np.arange(5), 2 - 0.5 * np.arange(5)], 1))


def test_arc_turns_by_equal_angles_and_keeps_the_length():
    path = spherical_interpolation([3.0, 0.0], [0.0, 3.0], 4)
    angles = np.pi / 6 * np.arange(4)
    expected = 3.0 * np.stack([np.cos(angles), np.sin(angles)], 1)
    np.testing.assert_allclose(path, expected, atol=1e-6)


def test_length_changes_linearly():
    path = spherical_interpolation([1.0, 0.0, 0.0], [0.0, 5.0, 0.0], 5)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), np.arange(1, 6), rtol=1e-6)


def test_arc_between_parallel_vectors_is_the_line():
    path = spherical_interpolation([1.0, 1.0], [3.0, 3.0], 3)
    np.testing.assert_allclose(path, [[1, 1], [2, 2], [3, 3]], rtol=1e-6)


@pytest.mark.parametrize(
    ("ends", "count", "message"),
    [
        (([1.0, 0.0], [-1.0, 0.0]), 3, "opposite"),
        (([1.0, 0.0], [0.0, 0.0]), 3, "zero vector"),
        (([1.0, 0.0], [0.0, 1.0]), 1, "at least 2"),
        (([1.0, 0.0], [1.0]), 3, "one length"),
    ],
)
def test_arc_refuses(ends, count, message):
    with pytest.raises(ValueError, match=message):
        spherical_interpolation(*ends, count)


@pytest.mark.parametrize("kind", ["linear", "spherical"])
def test_rows_begin_and_end_at_the_seeds(model, kind):
    rows = interpolate(model, [5, 6, 7], frames=3, kind=kind, label=1, closed=True)
    assert rows.shape == (3, 3, 2, 2, 1)
    images = model.generate(seeds=[5, 6, 7], labels=1).astype(int)
    assert np.abs(rows[:, 0] - images).max() <= 1
    assert np.abs(rows[:, -1] - np.roll(images, -1, axis=0)).max() <= 1


def test_middle_of_a_line_is_the_mean_image(model):
    row = interpolate(model, [0, 1], frames=3, kind="linear", label=0)[0].astype(float)
    assert np.abs(row[1] - (row[0] + row[2]) / 2).max() <= 1.0


def test_class_is_the_first_seeds_if_none_is_given(model):
    label = int(np.random.RandomState([5, 1]).randint(3))
    expected = interpolate(model, [5, 6], frames=3, label=label)
    np.testing.assert_array_equal(interpolate(model, [5, 6], frames=3), expected)


def test_video_shows_each_image_once():
    rows = np.array([[0, 1, 2], [2, 3, 4], [4, 5, 0]], np.uint8)[..., None, None, None]
    assert video_frames(rows).ravel().tolist() == [0, 1, 2, 3, 4, 5, 0]
    assert video_frames(rows, closed=True).ravel().tolist() == [0, 1, 2, 3, 4, 5]


def test_sheet_has_a_row_a_seed_and_a_column_a_class(model):
    sheet = class_sheet(model, [8, 9], classes=[2, 0])
    for row, seed in enumerate((8, 9)):
        for column, label in enumerate((2, 0)):
            image = model.generate(seeds=[seed], labels=label)[0].astype(int)
            assert np.abs(sheet[row, column] - image).max() <= 1
    assert image_grid(sheet, padding=0).shape == (4, 4, 1)
    assert class_sheet(model, [8]).shape == (1, 3, 2, 2, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model: interpolate(model, [1]), "at least two seeds"),
        (lambda model: interpolate(model, [1, 2], kind="cubic"), "'linear', 'spherical'"),
        (lambda model: interpolate(model, [1, 2], label=[0, 1]), "one class"),
        (lambda model: interpolate(model, [1, 2], label=3), r"\[0, 3\)"),
        (lambda model: class_sheet(model, [1], classes=[3]), r"\[0, 3\)"),
        (lambda model: class_sheet(model, []), "Nothing to show"),
    ],
)
def test_refusals(model, call, message):
    with pytest.raises(ValueError, match=message):
        call(model)


def test_a_sheet_needs_classes():
    plain = linear_model(np.eye(4), np.ones(4), (2, 2, 1))
    with pytest.raises(ValueError, match="unconditional"):
        class_sheet(plain, [1])
