"""Images that are already in memory."""

import hashlib
import warnings

import numpy as np
from PIL import Image

from keras_san.data.checks import check_choice, check_integer, is_one_image
from keras_san.data.decode import RESIZES, resize_image
from keras_san.data.image_dataset import ImageDataset

VALUE_RANGES = ((0, 1), (-1, 1), (0, 255))


def _check_shape(images):
    """Return the images as `(N, H, W, C)`, or say what is wrong with their shape."""
    if images.ndim == 3 and not is_one_image(images):
        images = images[..., None]
    if images.ndim != 4:
        raise ValueError(
            "images must have shape (N, height, width, channels), or (N, height, width) for grey "
            f"ones. Received shape: {images.shape}. One image alone needs images[None]."
        )
    if 0 in images.shape:
        raise ValueError(f"images must not be empty. Received shape: {images.shape}.")
    if images.shape[-1] not in (1, 3, 4):
        hint = ""
        if images.shape[1] in (1, 3, 4):
            hint = " They look channels-first: pass images.transpose(0, 2, 3, 1)."
        raise ValueError(
            "images must have 1 (grey), 3 (RGB) or 4 (RGBA) channels in their last axis. Received "
            f"shape: {images.shape}.{hint}"
        )
    return images


def _check_values(images, value_range):
    """Refuse values outside the stated range: guessing it would train on wrong colours."""
    if value_range is not None and (
        not np.iterable(value_range) or tuple(value_range) not in VALUE_RANGES
    ):
        raise ValueError(
            f"value_range must be one of {VALUE_RANGES}, or None for uint8. Received: "
            f"{value_range!r}."
        )
    if images.dtype == np.uint8:
        if value_range is not None and tuple(value_range) != (0, 255):
            raise ValueError(
                f"uint8 images are in the range (0, 255). Received: value_range={value_range!r}."
            )
        return
    if images.dtype.kind not in "fiu":
        raise ValueError(f"images must be numbers. Received dtype: {images.dtype}.")
    if value_range is None:
        raise ValueError(
            f"Images of dtype {images.dtype} need their value_range, one of {VALUE_RANGES}; only "
            "uint8 images have a range of their own."
        )
    lowest, highest = images.min(), images.max()
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise ValueError("images hold NaN or infinite values. Remove those images first.")
    low, high = value_range
    if lowest < low or highest > high:
        raise ValueError(
            f"images must lie in their value_range={tuple(value_range)}. Received values from "
            f"{lowest} to {highest}."
        )
    if high == 255 and highest <= 1:
        raise ValueError(
            f"value_range=(0, 255) was stated, but the largest value is {highest}. The images "
            "look like value_range=(0, 1)."
        )


def _check_labels(labels, num_images, class_names):
    """Return the labels as int32 and the class names, or say what is wrong with the labels."""
    if np.ma.is_masked(labels):
        raise ValueError(
            f"{int(np.ma.getmaskarray(labels).sum())} of the {len(labels)} labels are masked. "
            "Leave those images out."
        )
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError(
            f"labels must have shape (N,). Received shape: {labels.shape}. For one-hot labels "
            "pass labels.argmax(axis=-1)."
        )
    if len(labels) != num_images:
        raise ValueError(
            f"There must be one label an image. Received: {len(labels)} labels for {num_images} "
            "images."
        )
    if labels.dtype.kind not in "iu":
        raise ValueError(
            f"labels must be integers. Received dtype: {labels.dtype}. Pass "
            "labels.astype('int32') if they are class numbers."
        )
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0:
        raise ValueError(f"labels must not be negative. Received: {lowest}.")
    if class_names is None:
        class_names = range(highest + 1)
        _warn_of_gaps(labels, highest + 1)
    if highest >= len(class_names):
        raise ValueError(
            f"labels must be below the number of class_names, {len(class_names)}. Received: "
            f"{highest}."
        )
    names = (name.decode() if isinstance(name, bytes) else str(name) for name in class_names)
    return labels.astype(np.int32), tuple(names)


def _warn_of_gaps(labels, num_classes):
    missing = np.setdiff1d(np.arange(num_classes), labels)
    if len(missing):
        some = ", ".join(map(str, missing[:5])) + ", ..." * (len(missing) > 5)
        way_out = "Pass labels - 1" if missing.tolist() == [0] else "Number the classes from 0 on"
        warnings.warn(
            f"The labels make {num_classes} classes, as the largest is {num_classes - 1}, but no "
            f"image has the label {some}: those classes would never be trained. {way_out}, or pass "
            "class_names if they are meant.",
            stacklevel=4,
        )


class ArraySource:
    """Images, and labels or None, held in memory; converted and resized batch by batch."""

    skipped = ()
    threads = 0

    def __init__(self, images, labels, image_size, value_range, resize, class_names, name):
        check_choice("resize", resize, RESIZES)
        self._images = _check_shape(np.asarray(images))
        _check_values(self._images, value_range)
        self._value_range = value_range
        self.labels, self.class_names = None, ()
        if labels is not None:
            self.labels, self.class_names = _check_labels(labels, len(self._images), class_names)
        self.name = name
        self.num_images = len(self._images)
        self.image_shape = self._images.shape[1:]
        if image_size is not None:
            check_integer("image_size", image_size, 1)
            self.image_shape = (image_size, image_size, self.image_shape[-1])
        self._resize = resize

    def read(self, indices):
        """Return the images at these indices and their labels."""
        images = self._images[indices]
        if images.dtype != np.uint8:
            low, high = self._value_range
            images = (images.astype(np.float32) - low) * (255 / (high - low))
            images = np.rint(images).astype(np.uint8)
        if images.shape[1:] != self.image_shape:
            images = np.stack([self._resize_one(image) for image in images])
        return images, None if self.labels is None else self.labels[indices]

    def sha256(self):
        """Return the hash over type, shape and raw bytes of the images and the labels."""
        total = hashlib.sha256()
        for array in (self._images, self.labels):
            if array is not None:
                total.update(f"{array.dtype.str}{array.shape}".encode())
                for row in array:
                    total.update(row.tobytes())
        return total.hexdigest()

    def _resize_one(self, image):
        # Pillow has no grey image with a channel axis.
        pixels = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
        pixels = resize_image(pixels, self.image_shape[0], self._resize)
        return np.asarray(pixels).reshape(self.image_shape)


def arrays(
    images,
    labels=None,
    image_size=None,
    batch_size=64,
    value_range=None,
    resize="crop",
    class_names=None,
    name="arrays",
    **options,
):
    """Serve images that are already in memory.

    Use it for NumPy arrays of your own. The values are checked once, here; a memory-mapped array
    stays on disk.

    Args:
        images: Array of shape `(N, height, width, channels)` with 1, 3 or 4 channels, or
            `(N, height, width)`, which gets one channel. uint8, or numbers in `value_range`.
        labels: Integer array of shape `(N,)` or `(N, 1)`. Defaults to `None`, no labels.
        image_size: Integer, height and width to bring the images to. Defaults to `None`, theirs.
        batch_size: Integer. Defaults to `64`.
        value_range: `(0, 1)`, `(-1, 1)` or `(0, 255)`; needed unless the images are uint8.
            Defaults to `None`.
        resize: `"crop"` cuts the centre square and resamples it with an antialiasing Lanczos
            filter; `"pad"` centres smaller images on zeros without interpolation and shrinks
            larger ones. Defaults to `"crop"`.
        class_names: List of strings, indexed by label. Defaults to `None`, the numbers up to the
            largest label.
        name: String, for run folders and cards. Defaults to `"arrays"`.
        **options: `shuffle`, `seed`, `mirror`, `drop_remainder`, `repeat`, `start_batch` and
            `threads` of `keras_san.data.ImageDataset`.

    Returns:
        A `keras_san.data.ImageDataset` of uint8 batches.

    Raises:
        ValueError: If shape, channels, type or values of the images, or type, number or range of
            the labels are wrong.

    Example:

    ```python
    import keras_san.data
    import numpy as np

    images = np.random.default_rng(0).uniform(-1, 1, (100, 28, 28))
    dataset = keras_san.data.arrays(images, image_size=32, value_range=(-1, 1), resize="pad")
    assert dataset[0].shape == (64, 32, 32, 1)
    ```
    """
    source = ArraySource(images, labels, image_size, value_range, resize, class_names, name)
    return ImageDataset(source, batch_size, **options)
