"""Grids of fixed seeds."""

import numpy as np
import pytest
from PIL import Image
from tiny_gan import counter, drive

from keras_san.callbacks import ImageGrid
from keras_san.data import image_grid


def drawing_counter(num_classes=0):
    """A model whose images are as grey as their seed, their label and the images seen say."""
    model = counter(num_classes=num_classes)

    def generate(seeds, labels):
        greys = np.array(seeds) + 10 * np.array(labels or 0) + model.images_seen
        return np.broadcast_to(greys[:, None, None, None], (len(seeds), 2, 2, 1)).astype("uint8")

    model.generate = generate
    return model


def read(path):
    return np.asarray(Image.open(path))[..., None]


def test_start_period_and_end(tmp_path):
    model = drawing_counter()
    drive(ImageGrid(tmp_path / "grids", every_images=12, seeds=[7, 8, 9]), model, steps=2, epochs=2)
    names = sorted(path.name for path in (tmp_path / "grids").iterdir())
    assert names == ["samples_000000000.png", "samples_000000012.png", "samples_000000016.png"]
    for name, count in zip(names, (0, 12, 16), strict=True):
        model.images_seen = count
        expected = image_grid(model.generate([7, 8, 9], None))
        assert np.array_equal(read(tmp_path / "grids" / name), expected)


@pytest.mark.parametrize(("given", "used"), [(None, [0, 1, 2, 0]), ([2] * 4, [2] * 4)])
def test_labels(tmp_path, given, used):
    model = drawing_counter(num_classes=3)
    drive(ImageGrid(tmp_path, 100, seeds=range(4), labels=given), model, steps=1)
    expected = image_grid(model.generate(range(4), used))
    assert np.array_equal(read(tmp_path / "samples_000000004.png"), expected)


def test_wrong_arguments(tmp_path):
    with pytest.raises(ValueError, match="seeds is empty"):
        ImageGrid(tmp_path, 8, seeds=[])
    with pytest.raises(ValueError, match="got 1 labels for 2 seeds"):
        ImageGrid(tmp_path, 8, seeds=[1, 2], labels=[0])
