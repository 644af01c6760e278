"""One door to all sources of images, for the command line and recipes."""

import functools
import os
import pathlib

from keras_san.data.checks import check_choice
from keras_san.data.decode import CHANNELS
from keras_san.data.image_folder import image_folder
from keras_san.data.named import CLASS_NAMES, named
from keras_san.data.npz import npz
from keras_san.data.sample import sample

NAMES = {"sample": sample, **{name: functools.partial(named, name) for name in CLASS_NAMES}}


def _load_folder(path, image_size, batch_size, labels, split, color_mode, **options):
    if image_size is None:
        raise ValueError(f"The images of the folder {str(path)!r} need an image_size, such as 64.")
    if split != "train":
        raise ValueError(
            f"A folder has no splits. Received: split={split!r} for {str(path)!r}. Pass the "
            "folder that holds the images of that split."
        )
    labels = "none" if labels == "auto" else labels
    return image_folder(path, image_size, batch_size, labels, color_mode or "rgb", **options)


def load(
    data,
    image_size=None,
    batch_size=64,
    labels="auto",
    split="train",
    color_mode=None,
    resize="crop",
    **options,
):
    """Open a folder, an `.npz` file, the shipped sample or a Keras data set, by one string.

    Use it where the user names the data, as the command line does. A known name comes before a
    file of that name; write `"./mnist"` or a `pathlib.Path` for the folder.

    Args:
        data: String or path: `"sample"`, `"mnist"`, `"fashion_mnist"`, `"cifar10"`, `"cifar100"`,
            a folder, or an `.npz` file.
        image_size: Integer, height and width to bring the images to; a folder needs it. Defaults
            to `None`, the images' own.
        batch_size: Integer. Defaults to `64`.
        labels: `"auto"`, the labels that the data comes with; `"none"`; or, for a folder,
            `"folder"`. Sub-folders are often mere storage, so they are classes only on that word.
            Defaults to `"auto"`.
        split: `"train"` or `"test"`; a folder has only `"train"`. Defaults to `"train"`.
        color_mode: `"rgb"`, `"grayscale"` or `"rgba"`. A folder is converted, `None` being
            `"rgb"`; other data must have these channels already. Defaults to `None`.
        resize: `"crop"` or `"pad"`, as for `keras_san.data.arrays`. Defaults to `"crop"`.
        **options: `shuffle`, `seed`, `mirror`, `drop_remainder`, `repeat`, `start_batch` and
            `threads` of `keras_san.data.ImageDataset`, and those of the loader chosen.

    Returns:
        A `keras_san.data.ImageDataset` of uint8 batches.

    Raises:
        ValueError: If `data` is none of these, or the loader refuses it.

    Example:

    ```python
    import keras_san.data

    dataset = keras_san.data.load("sample", image_size=32, labels="none")
    assert dataset.image_shape == (32, 32, 1)
    ```
    """
    if color_mode is not None:
        check_choice("color_mode", color_mode, tuple(CHANNELS))
    if not isinstance(data, (str, os.PathLike)):
        raise ValueError(
            f"data must be a string or a path. Received: {type(data).__name__}. Images in memory "
            "go to keras_san.data.arrays."
        )
    path = pathlib.Path(data)
    common = dict(image_size=image_size, batch_size=batch_size, labels=labels, split=split)
    common.update(resize=resize, **options)
    is_name = isinstance(data, str) and data in NAMES
    if not is_name and path.is_dir():
        return _load_folder(path, color_mode=color_mode, **common)
    if is_name:
        dataset = NAMES[data](**common)
    elif path.suffix == ".npz":
        dataset = npz(path, **common)
    else:
        raise ValueError(
            f"data must be a folder, an .npz file or one of {', '.join(map(repr, NAMES))}. "
            f"Received: {str(data)!r}, which is none of these."
        )
    channels = dataset.image_shape[-1]
    if color_mode is not None and CHANNELS[color_mode] != channels:
        raise ValueError(
            f"color_mode={color_mode!r} needs {CHANNELS[color_mode]} channels, but the images of "
            f"{str(data)!r} have {channels}, and only those of a folder are converted."
        )
    return dataset
