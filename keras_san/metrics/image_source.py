"""Where the images of an evaluation come from: a model, a data set, an array."""

import hashlib

import numpy as np

from keras_san.data.image_dataset import ImageDataset
from keras_san.metrics.checks import check_images, check_labels
from keras_san.models.san_model import SANModel
from keras_san.sampling.latents import random_labels


class ModelImages:
    """Images that a `SANModel` draws: seed after seed, labels drawn from the seed.

    `shares` is the proportion of the classes, all alike where it is `None`.
    """

    num_images = None
    class_names = ()
    shares = None

    def __init__(self, model):
        self.model = model
        self.labelled = bool(model.num_classes)
        self.num_classes = model.num_classes

    def read(self, indices):
        """Images of these seeds, and their labels or None."""
        seeds = [int(index) for index in indices]
        labels = random_labels(seeds, self.num_classes, self.shares) if self.labelled else None
        images = self.model.generate(seeds=seeds, labels=labels, batch_size=len(seeds))
        return images, labels


class ArrayImages:
    """Images in memory."""

    model = None
    class_names = ()
    resize = ""

    def __init__(self, images, labels=None):
        self._images = check_images(images)
        self.labels = None if labels is None else check_labels(labels, len(self._images))
        self.labelled = labels is not None
        # How many classes there are beside those that occur, nobody said.
        self.num_classes = None if self.labelled else 0
        self.num_images = len(self._images)

    def read(self, indices):
        """Images and labels of these rows."""
        labels = None if self.labels is None else self.labels[indices]
        return self._images[indices], labels

    def sha256(self):
        """Hash over shape and bytes of the images and the labels."""
        digest = hashlib.sha256(f"{self._images.shape}".encode())
        digest.update(np.ascontiguousarray(self._images).tobytes())
        if self.labelled:
            digest.update(self.labels.astype("int64").tobytes())
        return digest.hexdigest()


class DatasetImages:
    """Images of a `keras_san.data` loader, in the order of its source."""

    model = None

    def __init__(self, dataset):
        self._source = dataset.source
        # How images of another size were brought to this one: part of what is measured.
        self.resize = getattr(dataset.source, "_resize", "")
        self.num_images = dataset.num_images
        self.num_classes = dataset.num_classes
        self.labelled = dataset.num_classes > 0
        self.labels = getattr(dataset.source, "labels", None)
        self.class_names = tuple(dataset.class_names)

    def read(self, indices):
        """Images and labels at these places."""
        return self._source.read(indices)

    def sha256(self):
        """Hash of the data."""
        return self._source.sha256()


def image_source(images):
    """The source that fits what a user gave."""
    if isinstance(images, SANModel):
        return ModelImages(images)
    if isinstance(images, ImageDataset):
        return DatasetImages(images)
    if isinstance(images, (np.ndarray, list)):
        return ArrayImages(images)
    if isinstance(images, tuple) and len(images) == 2:
        return ArrayImages(*images)
    raise ValueError(
        f"Images to measure come as a SANModel, a dataset of keras_san.data, a uint8 array, or "
        f"(array, labels). Received: {type(images).__name__}."
    )


def class_shares(source, num_classes):
    """In which proportion the classes come, or None: all alike, unknown, or not these classes."""
    labels = getattr(source, "labels", None)
    if labels is None or not num_classes:
        return None
    counts = np.bincount(labels, minlength=source.num_classes or 0)
    if len(counts) != num_classes or (counts == counts[0]).all():
        return None
    return counts / counts.sum()


def chosen(source, count, seed, skip=0):
    """Places of `count` images after the first `skip`, in an order that the seed fixes."""
    if source.num_images is None:
        return np.arange(seed + skip, seed + skip + count)
    # NumPy promises the raw words of a bit generator for ever, unlike its `permutation`.
    words = np.random.PCG64([seed, 2]).random_raw(source.num_images)
    return np.argsort(words, kind="stable")[skip : skip + count]
