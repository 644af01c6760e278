"""Images of a NumPy `.npz` file."""

import contextlib
import hashlib
import pathlib
import zipfile
import zlib

import numpy as np

from keras_san.data.arrays import ArraySource
from keras_san.data.checks import check_choice
from keras_san.data.image_dataset import ImageDataset

SPLITS = ("train", "test")
LABELS = ("auto", "none")


class NpzSource(ArraySource):
    """The arrays of a file, identified by the hash of the file."""

    def __init__(self, path, *arguments):
        super().__init__(*arguments)
        self._path = path

    def sha256(self):
        """Return the hash of the file."""
        with open(self._path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _naming(path):
    """Name the file in what NumPy raises about it."""
    try:
        yield
    except FileNotFoundError:
        raise ValueError(f"There is no file {str(path)!r}.") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{str(path)!r} cannot be read as an .npz file: {error}") from error


def _image_and_label_keys(keys, path, split):
    """Return the names of the images and of the labels of a split in the file."""
    if f"x_{split}" in keys:
        return f"x_{split}", f"y_{split}"
    if "images" in keys and split == "train":
        return "images", "labels"
    expected = f"x_{split} (with labels y_{split})"
    if split == "train":
        expected += " or images (with labels)"
    raise ValueError(
        f"{str(path)!r} has no {expected}, so no split {split!r}. It holds: {', '.join(keys)}."
    )


def _read_file(path, split, with_labels):
    """Return images, labels or None, and class names or None of a split."""
    with _naming(path):
        stream = open(path, "rb")
    with stream:
        # Pickled objects run code when they are read: they are never allowed.
        with _naming(path):
            file = np.load(stream, allow_pickle=False)
        if isinstance(file, np.ndarray):
            raise ValueError(
                f"{str(path)!r} holds a single array. Pass that to keras_san.data.arrays."
            )
        images_key, labels_key = _image_and_label_keys(list(file), path, split)
        with_labels = with_labels and labels_key in file
        with _naming(path):
            images = file[images_key]
            labels = file[labels_key] if with_labels else None
            class_names = file["classes"] if with_labels and "classes" in file else None
    return images, labels, class_names


def npz(
    path,
    image_size=None,
    batch_size=64,
    labels="auto",
    split="train",
    resize="crop",
    value_range=None,
    **options,
):
    """Serve the images of a NumPy `.npz` file.

    Use it for data prepared once. The file holds `x_train`, `y_train`, `x_test`, `y_test`, or
    `images` and `labels`; labels are optional, and so are their names, `classes`. Pickled
    objects are refused.

    Args:
        path: String or path, the file.
        image_size: Integer, height and width to bring the images to. Defaults to `None`, theirs.
        batch_size: Integer. Defaults to `64`.
        labels: `"auto"`, the file's labels if it has them, or `"none"`. Defaults to `"auto"`.
        split: `"train"` or `"test"`. Defaults to `"train"`, which `images` belong to.
        resize: `"crop"` or `"pad"`, as for `keras_san.data.arrays`. Defaults to `"crop"`.
        value_range: `(0, 1)`, `(-1, 1)` or `(0, 255)`; needed unless the images are uint8.
            Defaults to `None`.
        **options: `shuffle`, `seed`, `mirror`, `drop_remainder`, `repeat`, `start_batch` and
            `threads` of `keras_san.data.ImageDataset`.

    Returns:
        A `keras_san.data.ImageDataset` of uint8 batches, named after the file.

    Raises:
        ValueError: If the file is missing, is no `.npz`, lacks the split, or holds arrays that
            `keras_san.data.arrays` refuses.

    Example:

    ```python
    import pathlib
    import tempfile

    import keras_san.data
    import numpy as np

    path = pathlib.Path(tempfile.mkdtemp()) / "noise.npz"
    np.savez_compressed(path, images=np.zeros((10, 8, 8, 3), "uint8"))
    dataset = keras_san.data.npz(path, batch_size=5)
    assert dataset.name == "noise"
    ```
    """
    check_choice("labels", labels, LABELS)
    check_choice("split", split, SPLITS)
    path = pathlib.Path(path)
    images, targets, class_names = _read_file(path, split, labels == "auto")
    source = NpzSource(
        path, images, targets, image_size, value_range, resize, class_names, path.stem
    )
    return ImageDataset(source, batch_size, **options)
