"""Images of an .npz file."""

import hashlib

import numpy as np
import pytest

from keras_san.data import npz

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1), dtype=np.uint8)
LABELS = np.arange(6, dtype=np.uint8) % 3


@pytest.fixture
def split_file(tmp_path):
    path = tmp_path / "digits.npz"
    arrays = {"x_train": PIXELS, "y_train": LABELS, "x_test": PIXELS[:2], "y_test": LABELS[:2]}
    np.savez(path, **arrays, classes=np.array(["a", "b", "c", "d"]))
    return path


def test_splits(split_file):
    train = npz(split_file, batch_size=6, shuffle=False)
    images, labels = train[0]
    np.testing.assert_array_equal(images, PIXELS)
    assert labels.tolist() == LABELS.tolist()
    assert train.name == "digits" and train.class_names == ("a", "b", "c", "d")
    assert npz(split_file, batch_size=1, split="test").num_images == 2
    with pytest.raises(ValueError, match="split must be one of 'train', 'test'"):
        npz(split_file, split="validation")


def test_labels_none(split_file):
    dataset = npz(split_file, batch_size=2, labels="none")
    assert dataset.num_classes == 0 and dataset[0].shape == (2, 8, 8, 1)
    with pytest.raises(ValueError, match="labels must be one of 'auto', 'none'"):
        npz(split_file, batch_size=2, labels="folder")


def test_images_without_labels(tmp_path):
    np.savez(tmp_path / "a.npz", images=PIXELS / 255)
    batch = npz(tmp_path / "a.npz", batch_size=6, value_range=(0, 1), shuffle=False)[0]
    np.testing.assert_array_equal(batch, PIXELS)
    with pytest.raises(ValueError, match="no x_test .*'test'. It holds: images"):
        npz(tmp_path / "a.npz", split="test")


def test_hash_is_that_of_the_file(split_file):
    expected = hashlib.sha256(split_file.read_bytes()).hexdigest()
    assert npz(split_file, batch_size=1).sha256() == expected


def test_messages(tmp_path):
    with pytest.raises(ValueError, match="There is no file"):
        npz(tmp_path / "none.npz")
    (tmp_path / "bad.npz").write_text("hello")
    with pytest.raises(ValueError, match=r"bad\.npz.*cannot be read"):
        npz(tmp_path / "bad.npz")
    np.savez(tmp_path / "keys.npz", pictures=PIXELS)
    with pytest.raises(ValueError, match="no x_train .* or images .*It holds: pictures"):
        npz(tmp_path / "keys.npz")
    np.save(tmp_path / "single.npy", PIXELS)
    with pytest.raises(ValueError, match="single array"):
        npz(tmp_path / "single.npy")


def test_pickled_objects_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.array([{"code": 1}], dtype=object))
    with pytest.raises(ValueError, match=r"a\.npz.*allow_pickle=False"):
        npz(tmp_path / "a.npz")


def test_truncated_file_is_named(split_file):
    split_file.write_bytes(split_file.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"digits\.npz.*cannot be read"):
        npz(split_file)
