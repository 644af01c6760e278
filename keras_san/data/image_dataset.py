"""The data set that every loader of `keras_san.data` returns."""

import copy
import functools

import keras
import numpy as np

from keras_san.data.checks import check_integer
from keras_san.data.read_ahead import ReadAhead


@functools.lru_cache(maxsize=4)
def _epoch_plan(num_images, seed, epoch):
    """Return the order of the images in an epoch and which of them are mirrored."""

    # NumPy promises the raw words of a bit generator for ever, but not what its `permutation`
    # makes of them: a run resumed under another NumPy must see the same order.
    def words(purpose):
        return np.random.PCG64([seed, epoch, purpose]).random_raw(num_images)

    order = np.argsort(words(0), kind="stable")
    mirrored = words(1) >> np.uint64(63) == 1
    order.setflags(write=False)
    mirrored.setflags(write=False)
    return order, mirrored


class _Position:
    """Where a data set stands: the batch that is number 0 of the next epoch."""

    def __init__(self, first):
        self.first = first


class ImageDataset(keras.utils.PyDataset):
    """Batches of uint8 images in an order that depends on nothing but the seed and the epoch.

    You seldom build it yourself: `image_folder`, `arrays`, `npz`, `named`, `sample` and `load`
    return one and hand their extra keyword arguments on to it. It works with `fit` on every
    backend. A batch is `images`, or `(images, labels)` where the data is labelled.

    With `repeat=True` the stream is endless: give `fit` a `steps_per_epoch`, without it Keras
    never ends the first epoch. Batch i depends on `start_batch + i` alone, so a run that stopped
    after k batches goes on exactly with `start_batch=k`. No batch mixes two epochs.

    With `repeat=False` one pass is one epoch, and each epoch has an order of its own; a call of
    `fit`, `evaluate` or `predict` goes on where the last one stopped. Give it to `fit` without
    `steps_per_epoch`. Keras's own `fit` shuffles the batches of finite data by Python's global
    random state: pass it `shuffle=False` to keep the order described here.

    Args:
        source: Where the images come from: an object with the attributes `name`, `image_shape`,
            `num_images`, `class_names` (empty without labels), `skipped` and `threads`, and the
            methods `read(indices) -> (uint8 images, int32 labels or None)` and `sha256()`.
        batch_size: Integer, images in a batch. Defaults to `64`.
        shuffle: Boolean, a new order each epoch; else the source's order. Defaults to `True`.
        seed: Non-negative integer that fixes order and mirroring. Defaults to `0`.
        mirror: Boolean, flip each image left to right with probability one half, drawn anew
            each epoch. Defaults to `False`.
        drop_remainder: Boolean, leave out the last batch of an epoch if it is short. Defaults to
            `True`, because a training step splits its batch evenly between the discriminator's
            updates and is compiled for one shape; shuffling leaves out other images each time.
        repeat: Boolean, endless stream instead of epochs. Defaults to `False`.
        start_batch: Integer, batches to pass over. Without `repeat` it must be a whole number of
            epochs. Defaults to `0`.
        threads: Integer, threads that read ahead of the training step; `0` reads in the step's
            own thread. The batches are the same for any number. Defaults to `None`, what suits
            the source: 4 for a folder, 0 for images in memory.

    Returns of `dataset[i]`:
        uint8 array of shape `(batch_size, height, width, channels)` with values 0 to 255, or a
        tuple of it and an int32 array of shape `(batch_size,)`.

    Raises:
        ValueError: If an argument is out of range or the data is smaller than one batch.

    Example:

    ```python
    import keras_san.data

    dataset = keras_san.data.sample(batch_size=100, mirror=True, repeat=True)
    images, labels = dataset[0]
    resumed = keras_san.data.sample(batch_size=100, mirror=True, repeat=True, start_batch=20)
    assert (resumed[0][0] == dataset[20][0]).all()
    ```
    """

    def __init__(
        self,
        source,
        batch_size=64,
        shuffle=True,
        seed=0,
        mirror=False,
        drop_remainder=True,
        repeat=False,
        start_batch=0,
        threads=None,
    ):
        check_integer("batch_size", batch_size, 1)
        check_integer("seed", seed, 0)
        check_integer("start_batch", start_batch, 0)
        threads = source.threads if threads is None else threads
        check_integer("threads", threads, 0)
        super().__init__()
        self.source = source
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.mirror = mirror
        self.drop_remainder = drop_remainder
        self.repeat = repeat
        # Shared with the shards of this data set, so that a second `fit` goes on for all of them.
        self._position = _Position(start_batch)
        self._share = (0, 1, 1)
        self._saw_last_batch = False
        # What a batch could not be read for: some readers wrap it in an error of their own.
        self.failure = None
        self._batch_at = ReadAhead(self._read_batch, threads) if threads else self._read_batch

        whole_batches, remainder = divmod(source.num_images, batch_size)
        if drop_remainder and whole_batches == 0:
            raise ValueError(
                f"{source.name!r} holds {source.num_images} images, fewer than one batch of "
                f"batch_size={batch_size}. Pass a batch_size of at most {source.num_images}, or "
                "drop_remainder=False."
            )
        has_short_batch = remainder > 0 and not drop_remainder
        self.batches_per_epoch = whole_batches + int(has_short_batch)
        if not repeat and start_batch % self.batches_per_epoch:
            raise ValueError(
                f"Without repeat=True, start_batch must be a multiple of the "
                f"{self.batches_per_epoch} batches of an epoch. Received: {start_batch}. Pass "
                "repeat=True to start within an epoch."
            )

    @property
    def name(self):
        """Name of the data, for run folders and cards."""
        return self.source.name

    @property
    def image_shape(self):
        """Shape of one image, `(height, width, channels)`."""
        return self.source.image_shape

    @property
    def num_images(self):
        """Number of images in the data, those that `drop_remainder` leaves out included."""
        return self.source.num_images

    @property
    def class_names(self):
        """Tuple of class names, indexed by label; empty without labels."""
        return self.source.class_names

    @property
    def num_classes(self):
        """Number of classes; 0 without labels."""
        return len(self.source.class_names)

    @property
    def skipped(self):
        """Paths of the broken files met so far under `on_error="skip"`."""
        return self.source.skipped

    @property
    def rows(self):
        """Images of a batch that this process reads: all, or those of its `shard`."""
        return self.batch_size // self._share[1]

    @property
    def num_batches(self):
        """Batches in an epoch, as Keras asks for it: `None` for an endless stream."""
        return None if self.repeat else self.batches_per_epoch

    def shard(self, index, count, parts=1):
        """This data set with the rows of one of several processes that share each batch.

        `SANModel.fit` calls it; the batches of all processes make up those of the whole.

        Args:
            index: integer, this process's number, from 0.
            count: integer, how many processes there are.
            parts: integer, the discriminator updates of a step: each part of a batch is shared
                out on its own. Defaults to `1`.

        Raises:
            ValueError: if a batch cannot be shared out evenly.
        """
        if self.batch_size % (count * parts) or not self.drop_remainder:
            raise ValueError(
                f"Batches of {self.batch_size} images cannot be shared out evenly between {count} "
                f"processes and {parts} discriminator updates. Give a batch_size that is a "
                f"multiple of {count * parts}, and drop_remainder=True."
            )
        share = copy.copy(self)
        share._share = (index, count, parts)
        if isinstance(self._batch_at, ReadAhead):
            share._batch_at = ReadAhead(share._read_batch, self._batch_at.threads)
        else:
            share._batch_at = share._read_batch
        return share

    def sha256(self):
        """Return the hexadecimal hash that identifies the data, whatever the options."""
        return self.source.sha256()

    def __getitem__(self, index):
        """Return batch `index`, counted from the start of the stream or of the epoch."""
        if index < 0 or not (self.repeat or index < self.batches_per_epoch):
            raise IndexError(
                f"Batch {index} does not exist: an epoch has {self.batches_per_epoch}."
            )
        if index == self.batches_per_epoch - 1:
            self._saw_last_batch = True
        try:
            return self._batch_at(self._position.first + index)
        except ValueError as error:
            self.failure = error
            raise

    def on_epoch_end(self):
        """Move on to the order of the next epoch; an endless stream has moved on already."""
        # Keras also calls this after it took a batch to build the model: that is no epoch.
        if self._saw_last_batch and not self.repeat:
            self._position.first += self.batches_per_epoch
        self._saw_last_batch = False

    def _read_batch(self, position):
        """Return the batch at a position of the endless stream."""
        epoch, batch = divmod(position, self.batches_per_epoch)
        order, mirrored = _epoch_plan(self.num_images, self.seed, epoch)
        first = batch * self.batch_size
        indices = np.arange(first, min(first + self.batch_size, self.num_images))
        index, count, parts = self._share
        if count > 1:
            indices = indices.reshape(parts, count, -1)[:, index].ravel()
        if self.shuffle:
            indices = order[indices]
        images, labels = self.source.read(indices)
        if self.mirror:
            flip = mirrored[indices][:, None, None, None]
            images = np.where(flip, images[:, :, ::-1], images)
        return images if labels is None else (images, labels)
