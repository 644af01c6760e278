"""The data sets that Keras knows by name; nothing is downloaded here."""

import keras
import numpy as np
import pytest

from keras_san.data import named
from keras_san.data.named import CLASS_NAMES

SHAPES = {
    "mnist": (28, 28),
    "fashion_mnist": (28, 28),
    "cifar10": (32, 32, 3),
    "cifar100": (32, 32, 3),
}


@pytest.fixture(params=SHAPES)
def name(request, monkeypatch):
    """A name whose download is replaced by four train and two test images."""

    def split(count):
        labels = np.arange(count, dtype=np.uint8)
        if request.param.startswith("cifar"):
            labels = labels[:, None]
        return np.zeros((count, *SHAPES[request.param]), np.uint8), labels

    dataset = getattr(keras.datasets, request.param)
    monkeypatch.setattr(dataset, "load_data", lambda: (split(4), split(2)))
    return request.param


def test_named_data(name):
    dataset = named(name, image_size=16, batch_size=4, shuffle=False)
    images, labels = dataset[0]
    assert images.shape == (4, 16, 16, 3 if name.startswith("cifar") else 1)
    assert labels.tolist() == [0, 1, 2, 3]
    assert dataset.name == name and dataset.class_names == CLASS_NAMES[name]
    assert dataset.num_classes == (100 if name == "cifar100" else 10)
    assert named(name, batch_size=1, split="test").num_images == 2
    assert named(name, batch_size=4, labels="none")[0].ndim == 4


def test_messages(monkeypatch):
    with pytest.raises(ValueError, match="name must be one of 'mnist'.*'stl10'"):
        named("stl10")
    with pytest.raises(ValueError, match="split must be one of"):
        named("mnist", split="validation")
    with pytest.raises(ValueError, match="labels must be one of"):
        named("mnist", labels="folder")

    def no_network():
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", no_network)
    with pytest.raises(ConnectionError, match="URL fetch failure.*\\.npz.*sample"):
        named("mnist")
