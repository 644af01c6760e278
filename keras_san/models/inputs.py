"""What a model takes: checks with messages, and the scale of images."""

import copy
import inspect
import itertools
import math
import re

import keras
import numpy as np
from keras import ops

from keras_san import backend
from keras_san.sampling.half_range import warn_of_half_range


def as_arrays(images, labels):
    """Tensors of a backend and lists of labels as arrays, so that they are checked as such."""
    if isinstance(images, (list, tuple)):
        raise ValueError(
            f"Images must be one array or a data set. Received: a {type(images).__name__} of "
            f"{len(images)}. Labels come as the second argument, `fit(images, labels)`; a list of "
            "images is stacked by `numpy.stack`."
        )
    if not isinstance(images, np.ndarray) and ops.is_tensor(images):
        images = ops.convert_to_numpy(images)
    if isinstance(images, np.ndarray) and labels is not None:
        labels = ops.convert_to_numpy(labels) if ops.is_tensor(labels) else np.asarray(labels)
    return images, labels


def check_classes(data, num_classes):
    """Refuses a data set of `keras_san.data` with more classes than the model has."""
    classes = getattr(data, "class_names", ())
    if num_classes and len(classes) > num_classes:
        raise ValueError(
            f"The data has {len(classes)} classes, the model num_classes={num_classes}. Build it "
            f"with num_classes={len(classes)}."
        )


def check_arrays(images, labels, image_shape, num_classes):
    """Raises a `ValueError` if arrays do not fit the model; anything but arrays passes."""
    if not isinstance(images, np.ndarray):
        return
    if images.shape[1:] != tuple(image_shape):
        raise ValueError(
            f"Expected images of shape (count, {', '.join(map(str, image_shape))}). "
            f"Received: {images.shape}. `keras_san.data.arrays(images, image_size=...)` resizes "
            "and adds a channel."
        )
    if np.issubdtype(images.dtype, np.floating) and len(images):
        _check_range(
            images, "Give uint8 images, or `keras_san.data.arrays(images, value_range=...)`."
        )
    elif images.dtype != np.uint8 and not np.issubdtype(images.dtype, np.floating):
        raise ValueError(f"Images must be uint8 or float. Received: dtype={images.dtype}")
    if num_classes and labels is None:
        raise ValueError(
            f"This model is class-conditional (num_classes={num_classes}): give labels too, "
            "`fit(images, labels)`."
        )
    if num_classes:
        check_labels(labels, len(images), num_classes)


def checked(images, labels, image_shape, num_classes):
    """Images and labels, or a data set, looked at as far as that needs no reading."""
    images, labels = as_arrays(images, labels)
    check_arrays(images, labels, image_shape, num_classes)
    check_classes(images, num_classes)
    return images, labels


def held_out(data, image_shape, num_classes):
    """The `validation_data` of `fit`, looked at before there is work to lose."""
    given = data if isinstance(data, (list, tuple)) else (data, None)
    images, labels = checked(*[*given, None][:2], image_shape, num_classes)
    given = images if labels is None else (images, labels, *given[2:])
    return check_stream(in_tuples(given), num_classes)


def in_tuples(data):
    """A generator or a `DataLoader` of images alone as one of tuples: Keras takes no other."""
    if inspect.isgenerator(data):
        return (_in_tuple(batch) for batch in data)
    if not hasattr(data, "collate_fn"):
        return data
    loader = copy.copy(data)
    loader.collate_fn = _InTuples(data.collate_fn)
    # Workers that stay have the old function.
    loader._iterator = None
    return loader


class _InTuples:
    """A function that makes batches, in tuples; worker processes want to pickle it."""

    def __init__(self, collate):
        self.collate = collate

    def __call__(self, samples):
        return _in_tuple(self.collate(samples))


def _in_tuple(batch):
    return tuple(batch) if isinstance(batch, (list, tuple)) else (batch,)


def check_stream(data, num_classes=0):
    """The data set; a `ValueError` if its first images or labels are out of range.

    What `keras_san.data` makes is not looked at, nor is a data set that cannot be read twice. A
    generator comes back as another one, which begins with what was read.
    """
    if inspect.isgenerator(data):
        first = list(itertools.islice(data, 1))
        data = _joined(first, data)
    else:
        first = _peek(data, num_classes)
    for batch in first:
        _check_batch(batch, num_classes)
    return data


def _check_batch(batch, num_classes):
    images, labels, *_ = [*batch, None] if isinstance(batch, (list, tuple)) else [batch, None]
    images, labels = (
        ops.convert_to_numpy(part) if ops.is_tensor(part) else part for part in (images, labels)
    )
    images = images if isinstance(images, dict) else np.asarray(images)
    check_kind(images)
    if np.issubdtype(images.dtype, np.floating) and images.size:
        _check_range(images, "Let it yield uint8 images, or bring them to [-1, 1] there.")
    elif images.size and not 0 <= images.min() <= images.max() <= 255:
        raise ValueError(
            "Integer images must have values of 0 to 255. Received values in "
            f"[{images.min()}, {images.max()}]. Scale them to that, or to floats in [-1, 1]."
        )
    labels = None if labels is None else np.asarray(labels)
    if num_classes and labels is not None and (labels.ndim < 2 or labels.shape[1:] == (1,)):
        check_labels(labels, len(labels), num_classes)


def check_kind(images):
    """Raises a `ValueError` unless a batch of images is a tensor of numbers that may be pixels."""
    if isinstance(images, dict):
        raise ValueError(
            f"A batch must be images or (images, labels). Received a dictionary of "
            f"{', '.join(map(repr, images))}. Map it first, for example "
            "`data.map(lambda batch: (batch['image'], batch['label']))`."
        )
    kind = keras.backend.standardize_dtype(images.dtype)
    if kind in ("bool", "uint16", "int16"):
        raise ValueError(
            f"Images must be uint8, or float in [-1, 1]. Received: dtype={kind}. Scale them to "
            "that: values of 0 to 255, or floats in [-1, 1]."
        )


def _joined(first, rest):
    yield from first
    yield from rest


def _is_of_keras_san(data):
    """Whether it is a data set of `keras_san.data`, which `fit` shares out among processes."""
    # The data sets of tf.data have a `shard` of their own.
    return isinstance(data, keras.utils.PyDataset) and hasattr(data, "shard")


def _peek(data, num_classes):
    """A list of the first batch of a data set, or of one image; empty where it cannot be had."""
    if hasattr(data, "element_spec"):
        # Reading ahead may be slow, and images of uint8 need no look.
        kinds = [getattr(spec, "dtype", None) for spec in keras.tree.flatten(data.element_spec)]
        needs_look = kinds[:1] != ["uint8"] or (num_classes and len(kinds) > 1)
        return list(data.take(1)) if needs_look and hasattr(data, "take") else []
    if isinstance(data, keras.utils.PyDataset):
        return [] if _is_of_keras_san(data) else [data[0]]
    images = getattr(data, "dataset", None)
    if not hasattr(data, "collate_fn") or not hasattr(images, "__getitem__"):
        return []
    try:
        return [data.collate_fn([images[0]])]
    except Exception:
        # A sampler may know other keys than 0; what else is wrong is said when `fit` meets it.
        return []


def _check_range(images, way_out):
    low, high = float(images.min()), float(images.max())
    if not (low >= -1.001 and high <= 1.001):
        raise ValueError(
            f"Float images must lie in [-1, 1]. Received values in [{low:g}, {high:g}]. {way_out}"
        )
    warn_of_half_range(images, stacklevel=5)


def check_batches(data, batch_size, needs, validation_split=None):
    """Raises a `ValueError` where a batch is too small for a step, or for the devices.

    Args:
        data: array of images, or a data set of `keras_san.data`, of several processes the share of
            this one; others pass.
        batch_size: int, of an array.
        needs: what `keras_san.backend.batch_needs` returns.
        validation_split: float, the share of an array that Keras takes away.
    """
    multiple, least = needs
    if isinstance(data, np.ndarray):
        # As Keras splits.
        count, drops = math.floor(len(data) * (1.0 - (validation_split or 0.0))), False
    elif _is_of_keras_san(data):
        count, batch_size, drops = data.num_images, data.rows, data.drop_remainder
    else:
        return
    first = batch_size if drops else min(batch_size, count)
    last = batch_size if drops else count % batch_size or batch_size
    if multiple > 1 and (first % multiple or last % multiple):
        raise ValueError(
            f"{count} images in batches of {batch_size} cannot be shared out evenly among "
            f"{multiple} devices: choose a batch size that is a multiple of {multiple}, and leave "
            "the rest of the images out, as `keras_san.data.arrays` does."
        )
    if min(first, last) < least:
        raise ValueError(
            f"{count} images in batches of {batch_size} leave a last batch of {last}, which cannot "
            f"be split between {least} parts of discriminator updates (discriminator_steps times "
            "`accumulation`, on each device): choose another batch size, or leave some images "
            "out, as `keras_san.data.arrays` does."
        )


def check_labels(labels, count, num_classes):
    """Labels as an int32 array `(count,)`; a `ValueError` if they do not fit."""
    if labels is None:
        raise ValueError(
            f"This model is class-conditional (num_classes={num_classes}): give labels."
        )
    labels = np.asarray(labels)
    if labels.shape == (count, num_classes) and num_classes > 1:
        raise ValueError(
            f"Labels are class numbers, one an image. Received shape: {labels.shape}, as of "
            "one-hot labels, which become classes by argmax(axis=-1)."
        )
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"Labels must be integers. Received: dtype={labels.dtype}")
    if labels.ndim == 0:
        labels = np.full((count,), labels)
    if labels.shape not in ((count,), (count, 1)):
        raise ValueError(f"Expected {count} labels, one an image. Received shape: {labels.shape}")
    labels = labels.reshape(count)
    if count and not 0 <= labels.min() <= labels.max() < num_classes:
        raise ValueError(
            f"Labels must lie in [0, {num_classes}). Received values in "
            f"[{labels.min()}, {labels.max()}]"
        )
    return labels.astype("int32")


def share_of_process(data, parts):
    """The rows of a data set that this process reads, where several share each batch."""
    count = backend.process_count()
    if count == 1:
        return data
    if _is_of_keras_san(data):
        # JAX splits the batch of all processes into its parts, PyTorch each process its own.
        parts = parts if backend.replica_count() > 1 else 1
        return data.shard(backend.process_index(), count, parts)
    if hasattr(data, "shape"):
        raise ValueError(
            f"{count} processes train together, and an array would be read whole by each. Give "
            "`keras_san.data.arrays(images, labels, batch_size=...)`, which `fit` shares out, or "
            "a data set that yields this process's rows only."
        )
    return data


def scaled(images):
    """Images as float32 in `[-1, 1]`, from uint8 or from that."""
    if "int" in str(images.dtype):
        return ops.cast(images, "float32") / 127.5 - 1.0
    return ops.cast(images, "float32")


def _too_few(count, parts, replicas=1):
    devices = f" on each of {replicas} devices" if replicas > 1 else ""
    return (
        f"A batch of {count} images cannot be split between {parts} discriminator updates"
        f"{devices}: make the batch larger or `discriminator_steps` (or `accumulation`) smaller; "
        "a last batch that is short is left out by `drop_remainder=True` and its like."
    )


def batch_too_small(error):
    """The `ValueError` behind a graph's error of a batch that is too small, or None."""
    found = re.search(r"A batch of fewer than \d+ images cannot .*? and its like\.", str(error))
    return ValueError(found[0]) if found else None


def prepare(images, labels, image_shape, num_classes, parts):
    """A batch as the step wants it: float32 images in `[-1, 1]`, int32 labels or None."""
    check_kind(images)
    shape = tuple(images.shape)
    if shape[1:] != tuple(image_shape) and None not in shape[1:]:
        raise ValueError(
            f"Expected batches of images of shape (batch, {', '.join(map(str, image_shape))}). "
            f"Received: {shape}"
        )
    if shape[0] is not None and shape[0] < parts:
        raise ValueError(_too_few(shape[0], parts))
    replicas = backend.replica_count()
    if shape[0] is None and (parts > 1 or replicas > 1):
        message = _too_few(f"fewer than {parts * replicas}", parts, replicas)
        images = backend.with_rows(images, parts, message)
    if not num_classes:
        return scaled(images), None
    if labels is None:
        raise ValueError(
            f"This model is class-conditional (num_classes={num_classes}), but the data has no "
            "labels: it must yield `(images, labels)`."
        )
    received = tuple(labels.shape)
    is_column = len(received) == 1 or (len(received) == 2 and received[1] == 1)
    # The number of rows may be known of one alone, but the rank always is.
    if not is_column or (None not in (shape[0], received[0]) and received[0] != shape[0]):
        raise ValueError(
            f"Expected one label an image, {shape[0] or 'batch'} in all. Received shape: "
            f"{received}. One-hot labels become classes by argmax(axis=-1)."
        )
    kind = keras.backend.standardize_dtype(labels.dtype)
    if "int" not in kind:
        raise ValueError(f"Labels must be integers. Received: dtype={kind}")
    return scaled(images), ops.reshape(ops.cast(labels, "int32"), (-1,))
