"""Where the images of an evaluation come from: a model, a data set, an array."""

import hashlib

import numpy as np

from keras_san.data.image_dataset import ImageDataset
from keras_san.metrics.checks import check_images
from keras_san.models.san_model import SANModel
from keras_san.sampling.latents import random_labels


class ModelImages:
    """Images that a `SANModel` draws: seed after seed, labels drawn from the seed."""

    num_images = None
    class_names = ()

    def __init__(self, model):
        self.model = model
        self.labelled = bool(model.num_classes)

    def read(self, indices):
        """Images of these seeds, and their labels or None."""
        seeds = [int(index) for index in indices]
        labels = random_labels(seeds, self.model.num_classes) if self.labelled else None
        images = self.model.generate(seeds=seeds, labels=labels, batch_size=len(seeds))
        return images, labels


class ArrayImages:
    """Images in memory."""

    model = None
    class_names = ()
    resize = ""

    def __init__(self, images, labels=None):
        self._images = check_images(images)
        self._labels = None if labels is None else np.asarray(labels)
        if labels is not None and self._labels.shape != (len(self._images),):
            raise ValueError(
                f"Expected {len(self._images)} labels, one an image. Received shape: "
                f"{self._labels.shape}"
            )
        self.labelled = labels is not None
        self.num_images = len(self._images)

    def read(self, indices):
        """Images and labels of these rows."""
        labels = None if self._labels is None else self._labels[indices]
        return self._images[indices], labels

    def sha256(self):
        """Hash over shape and bytes of the images and the labels."""
        digest = hashlib.sha256(f"{self._images.shape}".encode())
        digest.update(np.ascontiguousarray(self._images).tobytes())
        if self.labelled:
            digest.update(self._labels.astype("int64").tobytes())
        return digest.hexdigest()


class DatasetImages:
    """Images of a `keras_san.data` loader, in the order of its source."""

    model = None

    def __init__(self, dataset):
        self._source = dataset.source
        # How images of another size were brought to this one: part of what is measured.
        self.resize = getattr(dataset.source, "_resize", "")
        self.num_images = dataset.num_images
        self.labelled = dataset.num_classes > 0
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


def chosen(source, count, seed, skip=0):
    """Places of `count` images after the first `skip`, in an order that the seed fixes."""
    if source.num_images is None:
        return np.arange(seed + skip, seed + skip + count)
    # NumPy promises the raw words of a bit generator for ever, unlike its `permutation`.
    words = np.random.PCG64([seed, 2]).random_raw(source.num_images)
    return np.argsort(words, kind="stable")[skip : skip + count]
