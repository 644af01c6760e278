"""Float images outside [-1, 1] are refused wherever they come from."""

import pickle

import keras
import numpy as np
import pytest
from tiny_gan import SHAPE, make_model

from keras_san.models.inputs import in_tuples

BRIGHT = np.full((8, *SHAPE), 200.0, "float32")
GREY = np.zeros((8, *SHAPE), "float32")


class Batches(keras.utils.PyDataset):
    """Two batches of an array."""

    def __init__(self, images):
        super().__init__()
        self.images = images

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return (self.images[4 * index : 4 * index + 4],)


def tf_data(images):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(images).batch(4)


def data_loader(images):
    torch = pytest.importorskip("torch")
    data = torch.utils.data.TensorDataset(torch.from_numpy(images))
    return torch.utils.data.DataLoader(data, batch_size=4)


def generator(images):
    yield images[:4]
    yield images[4:]


STREAMS = [tf_data, data_loader, Batches, generator]


@pytest.mark.parametrize("stream", STREAMS)
def test_out_of_range(stream):
    with pytest.raises(ValueError, match=r"must lie in \[-1, 1\]. Received values in \[200, 200\]"):
        make_model().fit(stream(BRIGHT), verbose=0)


def test_an_attribute_called_source_hides_nothing():
    batches = Batches(BRIGHT)
    batches.source = "a folder"
    with pytest.raises(ValueError, match=r"must lie in \[-1, 1\]"):
        make_model().fit(batches, verbose=0)


@pytest.mark.parametrize("stream", STREAMS)
def test_half_the_range(stream):
    ramp = GREY + np.linspace(0.0, 1.0, SHAPE[0], dtype="float32")[:, None]
    with pytest.warns(UserWarning, match="taken as grey to white"):
        make_model().fit(stream(ramp), shuffle=False, steps_per_epoch=2, verbose=0)


@pytest.mark.parametrize("stream", STREAMS)
def test_what_is_in_range_is_trained_on_whole(stream):
    history = (
        make_model().fit(stream(GREY - 0.5), shuffle=False, steps_per_epoch=2, verbose=0).history
    )
    assert history["images_seen"] == [8]


class ByName:
    """Two images that 0 is no key of."""

    def __len__(self):
        return 2

    def __getitem__(self, key):
        return {"a": GREY[0], "b": GREY[1]}[key]


def test_a_loader_of_images_alone_that_cannot_be_looked_into():
    torch = pytest.importorskip("torch")
    loader = torch.utils.data.DataLoader(ByName(), sampler=["a", "b"], batch_size=1)
    # Worker processes are sent the function that makes the batches.
    pickle.dumps(in_tuples(loader).collate_fn)
    model = make_model()
    for _ in range(2):
        history = model.fit(loader, validation_data=loader, shuffle=False, verbose=0).history
    assert history["images_seen"] == [4] and np.isfinite(history["val_generator_loss"]).all()
    assert np.isfinite(model.evaluate(loader, verbose=0, return_dict=True)["generator_loss"])
    assert next(iter(loader)).shape == (1, *SHAPE)


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.full((8, *SHAPE), 60_000, "int32"), r"values of 0 to 255.*\[60000, 60000\]"),
        (np.full((8, *SHAPE), 60_000, "uint16"), "uint8, or float.*dtype=uint16"),
        (np.ones((8, *SHAPE), bool), "uint8, or float.*dtype=bool"),
    ],
)
def test_other_integers(stream, images, message):
    with pytest.raises(ValueError, match=message):
        make_model().fit(stream(images), steps_per_epoch=2, shuffle=False, verbose=0)


def labelled(images, labels):
    yield images[:4], labels[:4]
    yield images[4:], labels[4:]


def labelled_tf_data(images, labels):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices((images, labels)).batch(4)


@pytest.mark.parametrize("stream", [labelled, labelled_tf_data])
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.arange(8) % 3 + 1, r"in \[0, 3\). Received values in \[1, 3\]"),
        (np.arange(8) % 3 - 1, r"in \[0, 3\). Received values in \[-1, 1\]"),
        (np.arange(8) / 8.0, "Labels must be integers"),
    ],
)
def test_labels(stream, labels, message):
    model = make_model(num_classes=3)
    images = np.zeros((8, *SHAPE), "uint8")
    with pytest.raises(ValueError, match=message):
        model.fit(stream(images, labels), steps_per_epoch=2, shuffle=False, verbose=0)


def test_dictionaries_and_lists():
    with pytest.raises(ValueError, match="dictionary of 'image', 'label'.*batch\\['image'\\]"):
        make_model().fit(iter_of({"image": GREY, "label": np.zeros(8)}), verbose=0)
    history = make_model().fit(iter_of([GREY - 0.5]), steps_per_epoch=1, shuffle=False, verbose=0)
    assert history.history["images_seen"] == [8]


def iter_of(batch):
    yield batch
