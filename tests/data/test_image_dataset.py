"""Order, continuation and use in `fit` of ImageDataset."""

import hashlib
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_san.data import arrays

NUM_IMAGES = 23


def numbered(**options):
    """A data set whose label is the index of the image, and whose left half is lighter."""
    images = np.zeros((NUM_IMAGES, 4, 4, 1), np.uint8)
    images[:, :, :2] = 10 + np.arange(NUM_IMAGES)[:, None, None, None]
    return arrays(images, np.arange(NUM_IMAGES), **{"batch_size": 5, **options})


def labels_of(dataset, count=None):
    count = dataset.batches_per_epoch if count is None else count
    return [dataset[index][1].tolist() for index in range(count)]


def test_batch_types_and_facts():
    dataset = numbered()
    images, labels = dataset[0]
    assert images.shape == (5, 4, 4, 1) and images.dtype == np.uint8
    assert labels.shape == (5,) and labels.dtype == np.int32
    assert dataset.image_shape == (4, 4, 1)
    assert dataset.num_images == dataset.num_classes == NUM_IMAGES
    assert dataset.class_names[-1] == "22"
    assert dataset.num_batches == dataset.batches_per_epoch == 4
    assert isinstance(dataset, keras.utils.PyDataset)


def test_images_belong_to_their_labels():
    for images, labels in numbered():
        np.testing.assert_array_equal(images[:, 0, 0, 0], 10 + labels)


def test_epoch_holds_each_image_at_most_once_and_is_reshuffled():
    dataset = numbered()
    first = labels_of(dataset)
    assert len(set(sum(first, []))) == 20
    assert first == labels_of(dataset)
    dataset.on_epoch_end()
    second = labels_of(dataset)
    assert len(set(sum(second, []))) == 20
    assert second != first


def test_order_depends_on_the_seed():
    assert labels_of(numbered(seed=1)) != labels_of(numbered(seed=2))
    assert labels_of(numbered(seed=1)) == labels_of(numbered(seed=1))


def test_unshuffled_order():
    assert sum(labels_of(numbered(shuffle=False)), []) == list(range(20))


def test_keeping_the_remainder():
    dataset = numbered(drop_remainder=False)
    labels = labels_of(dataset)
    assert [len(batch) for batch in labels] == [5, 5, 5, 5, 3]
    assert sorted(sum(labels, [])) == list(range(NUM_IMAGES))


def test_endless_stream_equals_the_epochs_one_after_the_other():
    finite, expected = numbered(), []
    for _ in range(3):
        expected += labels_of(finite)
        finite.on_epoch_end()
    stream = numbered(repeat=True)
    assert stream.num_batches is None
    assert labels_of(stream, 12) == expected


@pytest.mark.parametrize("start", [1, 4, 7])
def test_continues_exactly(start):
    stream = numbered(repeat=True, mirror=True)
    resumed = numbered(repeat=True, mirror=True, start_batch=start)
    for index in range(6):
        images, labels = resumed[index]
        expected_images, expected_labels = stream[start + index]
        np.testing.assert_array_equal(images, expected_images)
        np.testing.assert_array_equal(labels, expected_labels)


def test_finite_data_starts_at_a_later_epoch():
    assert labels_of(numbered(start_batch=8)) == labels_of(numbered(repeat=True), 12)[8:]
    with pytest.raises(ValueError, match="multiple of the 4 batches.*repeat=True"):
        numbered(start_batch=3)


def test_mirror_flips_about_half_anew_each_epoch():
    dataset = numbered(mirror=True, batch_size=NUM_IMAGES, repeat=True)
    flipped = []
    for epoch in range(40):
        images, labels = dataset[epoch]
        right = images[:, 0, 3, 0]
        np.testing.assert_array_equal(np.maximum(images[:, 0, 0, 0], right), 10 + labels)
        flipped.append((right > 0)[np.argsort(labels)])
    flipped = np.stack(flipped)
    assert 0.4 < flipped.mean() < 0.6
    assert len(np.unique(flipped, axis=0)) == 40
    assert np.all(flipped.any(axis=0) & ~flipped.all(axis=0))


def test_data_smaller_than_a_batch():
    with pytest.raises(ValueError, match="23 images.*batch_size=64.*drop_remainder=False"):
        numbered(batch_size=64)
    assert numbered(batch_size=64, drop_remainder=False).batches_per_epoch == 1


@pytest.mark.parametrize(
    "options",
    [{"batch_size": 0}, {"seed": -1}, {"start_batch": -1}, {"threads": -1}, {"seed": 0.5}],
)
def test_bad_integer_is_named(options):
    with pytest.raises(ValueError, match=f"{next(iter(options))} must be an integer"):
        numbered(**options)


def test_index_outside_an_epoch():
    for index in (-1, 4):
        with pytest.raises(IndexError, match="an epoch has 4"):
            numbered()[index]


def test_order_is_frozen():
    # A run that is resumed years later must see this order.
    assert labels_of(numbered(seed=3), 1) == [[20, 0, 4, 9, 7]]


CHILD = """
import hashlib
from keras_san.data import sample
total = hashlib.sha256()
dataset = sample(mirror=True, repeat=True, seed=5)
for index in (0, 77, 200):
    for part in dataset[index]:
        total.update(part.tobytes())
print(total.hexdigest())
"""


def test_same_stream_in_another_process():
    from keras_san.data import sample

    total = hashlib.sha256()
    dataset = sample(mirror=True, repeat=True, seed=5)
    for index in (0, 77, 200):
        for part in dataset[index]:
            total.update(part.tobytes())
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    child = subprocess.run(
        [sys.executable, "-c", CHILD], env=environment, capture_output=True, text=True, check=True
    )
    assert child.stdout.split()[-1] == total.hexdigest()


class RecordingModel(keras.Model):
    """A tiny model whose training step only notes the labels it is given."""

    def __init__(self):
        inputs = keras.Input((4, 4, 1), dtype="uint8")
        pixels = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
        super().__init__(inputs, keras.layers.Dense(1)(pixels))
        self.compile("sgd", "mse", run_eagerly=True)
        self.seen = []

    def train_step(self, *arguments):
        # JAX hands a step its state before the batch and wants it back.
        images, labels = arguments[-1]
        assert keras.backend.standardize_dtype(images.dtype) == "uint8"
        self.seen.append(keras.ops.convert_to_numpy(labels).tolist())
        logs = {"loss": keras.ops.zeros(())}
        return logs if len(arguments) == 1 else (logs, arguments[0])


def labels_seen_by_fit(dataset, **arguments):
    model = RecordingModel()
    model.fit(dataset, shuffle=False, verbose=0, **arguments)
    return list(model.seen)


@pytest.mark.parametrize("threads", [0, 3])
def test_fit_sees_the_finite_epochs(threads):
    dataset = numbered(batch_size=1, threads=threads)
    seen = labels_seen_by_fit(dataset, epochs=2) + labels_seen_by_fit(dataset)
    assert seen == labels_of(numbered(batch_size=1, repeat=True), 3 * NUM_IMAGES)


@pytest.mark.parametrize("threads", [0, 3])
def test_fit_sees_the_endless_stream(threads):
    dataset = numbered(threads=threads, repeat=True, start_batch=2)
    seen = labels_seen_by_fit(dataset, epochs=3, steps_per_epoch=3)
    assert seen == labels_of(numbered(repeat=True), 11)[2:]


def test_an_unfinished_pass_is_no_epoch():
    dataset = numbered()
    first = labels_of(dataset)
    numbered_again = numbered()
    numbered_again[0]
    numbered_again.on_epoch_end()
    assert labels_of(numbered_again) == first


def test_imports_no_other_backend():
    # Keras and TensorFlow import JAX themselves where they find it.
    code = "import sys, keras_san.data; print(*sys.modules)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    others = {"tensorflow", "torch"} - {keras.backend.backend()}
    assert not others & set(child.stdout.split())


def test_shards_make_up_the_batches():
    images = np.arange(24, dtype="uint8").reshape(24, 1, 1, 1) * np.ones((1, 8, 8, 1), "uint8")
    whole = arrays(images, batch_size=8, seed=2)
    shards = [whole.shard(index, 2, parts=2) for index in range(2)]
    for batch in range(3):
        parts = [shard[batch].reshape(2, 2, 8, 8, 1) for shard in shards]
        np.testing.assert_array_equal(
            np.concatenate(parts, axis=1).reshape(8, 8, 8, 1), whole[batch]
        )


def test_an_uneven_share_is_refused():
    images = np.zeros((12, 8, 8, 1), "uint8")
    with pytest.raises(ValueError, match="multiple of 4"):
        arrays(images, batch_size=6).shard(0, 2, parts=2)
