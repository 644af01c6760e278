"""The images that come with the package."""

import pathlib
import runpy

import numpy as np
import pytest

from keras_san.data import sample
from keras_san.data.sample import SAMPLE_PATH

TOOL = pathlib.Path(__file__).parents[2] / "zoo" / "tools" / "make_sample.py"


def test_sample_is_whole_and_balanced():
    dataset = sample(batch_size=5000)
    images, labels = dataset[0]
    assert images.shape == (5000, 28, 28, 1) and images.dtype == np.uint8
    assert np.bincount(labels).tolist() == [500] * 10
    assert dataset.name == "fashion_mnist_sample"
    assert dataset.class_names[9] == "Ankle boot"
    # Real garments: dark ground, bright middle, and no two alike.
    assert images[:, 14, 14].mean() > 3 * images[:, 0].mean()
    assert len(np.unique(images.reshape(5000, -1), axis=0)) > 4990


def test_sample_is_small_and_the_one_we_chose():
    assert SAMPLE_PATH.stat().st_size < 2.5e6
    assert sample().sha256() == "20d4e97cbdf5d40ef751324b4f8ed036a327097d715f17276376a1e811afe242"
    assert "Zalando SE" in SAMPLE_PATH.with_suffix(".LICENSE").read_text()


def test_sample_has_one_split():
    with pytest.raises(ValueError, match="no split 'test'"):
        sample(split="test")


def test_the_tool_takes_the_first_of_each_class(tmp_path):
    make_sample = runpy.run_path(str(TOOL))["make_sample"]
    labels = np.array([1, 0, 1, 0, 1, 0])
    images = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1)
    np.savez(tmp_path / "all.npz", x_train=images, y_train=labels)
    make_sample(tmp_path / "all.npz", tmp_path / "few.npz", images_per_class=2)
    with np.load(tmp_path / "few.npz") as file:
        assert file["images"].ravel().tolist() == [0, 1, 2, 3]
        assert file["labels"].tolist() == [1, 0, 1, 0]
        assert len(file["classes"]) == 10
    with pytest.raises(ValueError, match="Class 0 has only 3"):
        make_sample(tmp_path / "all.npz", tmp_path / "few.npz", images_per_class=4)
