"""One door to all sources."""

import pathlib

import keras
import numpy as np
import pytest

from keras_san.data import ImageDataset, load, save_png

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    for index, image in enumerate(PIXELS):
        save_png(image, tmp_path / "photos" / f"class{index % 2}" / f"{index}.png")
    return tmp_path / "photos"


def test_sample():
    dataset = load("sample", 32, resize="pad", repeat=True, start_batch=3, mirror=True)
    assert isinstance(dataset, ImageDataset)
    assert dataset[0][0].shape == (64, 32, 32, 1)
    assert load("sample", labels="none").num_classes == 0


def test_folder(folder):
    dataset = load(str(folder), 8, batch_size=4)
    assert dataset.num_classes == 0 and dataset.image_shape == (8, 8, 3)
    labelled = load(folder, 8, batch_size=4, labels="folder", color_mode="grayscale")
    assert labelled.class_names == ("class0", "class1") and labelled.image_shape == (8, 8, 1)
    with pytest.raises(ValueError, match="need an image_size"):
        load(folder)
    with pytest.raises(ValueError, match="A folder has no splits.*'test'"):
        load(folder, 8, split="test")


def test_npz(tmp_path):
    np.savez(tmp_path / "a.npz", images=PIXELS)
    assert load(tmp_path / "a.npz", batch_size=2).name == "a"
    with pytest.raises(ValueError, match="There is no file"):
        load(tmp_path / "b.npz")


def test_keras_name(monkeypatch):
    data = (PIXELS, np.zeros((4, 1), int))
    monkeypatch.setattr(keras.datasets.cifar10, "load_data", lambda: (data, data))
    assert load("cifar10", batch_size=4, split="test").name == "cifar10"


def test_unknown_data_lists_what_is_possible():
    with pytest.raises(ValueError, match="folder, an .npz file or one of 'sample'.*'cifar'"):
        load("cifar")
    with pytest.raises(ValueError, match="ndarray.*keras_san.data.arrays"):
        load(PIXELS)


def test_color_mode_must_fit():
    assert load("sample", color_mode="grayscale").image_shape == (28, 28, 1)
    with pytest.raises(ValueError, match="color_mode='rgb' needs 3 channels.*have 1"):
        load("sample", color_mode="rgb")
    with pytest.raises(ValueError, match="color_mode must be one of"):
        load("sample", color_mode="bgr")


def test_a_path_is_never_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_png(np.zeros((32, 32, 3), "uint8"), "sample/one.png")
    one = [load(data, 32, batch_size=1) for data in (pathlib.Path("sample"), "./sample")]
    assert [dataset.num_images for dataset in one] == [1, 1]
    assert load("sample", 32).num_images > 1
