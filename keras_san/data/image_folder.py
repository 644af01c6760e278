"""Images streamed from a folder."""

import hashlib
import os
import pathlib
import warnings

import numpy as np

from keras_san.data.checks import check_choice, check_integer
from keras_san.data.decode import CHANNELS, RESIZES, read_image
from keras_san.data.image_dataset import ImageDataset

SUFFIXES = (
    ".avif .bmp .gif .jfif .jpeg .jpg .pbm .pgm .png .pnm .ppm .tga .tif .tiff .webp"
).split()


def _find_images(folder):
    """List the image files below a folder as sorted paths relative to it, with `/` between."""

    def refuse(error):
        raise ValueError(
            f"The folder {error.filename!r} cannot be read: {error.strerror}. Its images would be "
            "left out without a word, and the classes after it get other numbers."
        ) from error

    found = []
    seen = set()
    for directory, subdirectories, files in os.walk(folder, onerror=refuse, followlinks=True):
        # A link to a folder above would be walked for ever.
        real = os.path.realpath(directory)
        if real in seen:
            subdirectories.clear()
            continue
        seen.add(real)
        subdirectories[:] = sorted(name for name in subdirectories if name[0] != ".")
        relative = pathlib.Path(directory).relative_to(folder)
        for name in files:
            if name[0] != "." and os.path.splitext(name)[1].lower() in SUFFIXES:
                found.append((relative / name).as_posix())
    return sorted(found)


def _folder_classes(folder, paths):
    """Return the class names and the label of each path: its first folder."""
    loose = [path for path in paths if "/" not in path]
    if len(loose) == len(paths):
        raise ValueError(
            f'labels="folder" needs a sub-folder of {str(folder)!r} for each class, but all '
            f"{len(paths)} images lie directly in it. Move them into class folders, all into one "
            'where there is one class, or pass labels="none" (on the command line leave '
            "--conditional or --labels out; a conditional preset needs class folders)."
        )
    if loose:
        raise ValueError(
            f'With labels="folder" every image must lie in a class folder, but {len(loose)} lie '
            f"directly in {str(folder)!r}, for example {loose[0]!r}."
        )
    folders = [path.split("/", 1)[0] for path in paths]
    names = sorted(set(folders))
    empty = [
        entry.name
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name)
        if entry.is_dir() and entry.name[0] != "." and entry.name not in names
    ]
    if empty:
        warnings.warn(
            f"No image that can be read lies in {', '.join(map(repr, empty))} of {str(folder)!r}, "
            f"so these are no classes: the labels are those of the {len(names)} other folders.",
            stacklevel=4,
        )
    label_of = {name: label for label, name in enumerate(names)}
    return tuple(names), np.array([label_of[name] for name in folders], np.int32)


class FolderSource:
    """The images below a folder; only their paths are held in memory."""

    # Pillow decodes and resamples outside Python's lock, so threads share the work.
    threads = 4

    def __init__(self, path, image_size, labels, color_mode, resize, on_error, leave_out=()):
        check_integer("image_size", image_size, 1)
        check_choice("labels", labels, ("none", "folder"))
        check_choice("color_mode", color_mode, tuple(CHANNELS))
        check_choice("resize", resize, RESIZES)
        check_choice("on_error", on_error, ("raise", "skip"))
        self.folder = pathlib.Path(path)
        if not self.folder.is_dir():
            raise ValueError(f"There is no folder {str(path)!r}.")
        self.paths = [name for name in _find_images(self.folder) if name not in leave_out]
        if not self.paths:
            raise ValueError(
                f"No image found in {str(path)!r} or below it. Files that end in one of "
                f"{', '.join(SUFFIXES)} are read."
            )
        self.class_names, self.labels = (), None
        if labels == "folder":
            self.class_names, self.labels = _folder_classes(self.folder, self.paths)
        self.name = self.folder.resolve().name
        self.num_images = len(self.paths)
        self.image_shape = (image_size, image_size, CHANNELS[color_mode])
        self._color_mode = color_mode
        self._resize = resize
        self._on_error = on_error
        self._broken = set()

    @property
    def skipped(self):
        """Paths of the broken files met so far, sorted."""
        return [str(self.folder / self.paths[index]) for index in sorted(self._broken)]

    def read(self, indices):
        """Return the images at these indices and their labels."""
        images = np.empty((len(indices), *self.image_shape), np.uint8)
        read_indices = np.empty(len(indices), np.int64)
        for position, index in enumerate(indices):
            images[position], read_indices[position] = self._read_or_next(int(index))
        return images, None if self.labels is None else self.labels[read_indices]

    def sha256(self):
        """Return the hash over path, size and content of every file, in sorted order."""
        total = hashlib.sha256()
        for path in self.paths:
            # As the file system has it, even where that is not UTF-8.
            name = os.fsencode(path)
            try:
                content = (self.folder / path).read_bytes()
            except OSError as error:
                if self._on_error == "raise":
                    raise self.unreadable(path, error) from error
                total.update(name + b"\0unreadable\0")
                continue
            total.update(name + f"\0{len(content)}\0".encode())
            total.update(content)
        return total.hexdigest()

    def _read_or_next(self, index):
        """Return the image at `index`, or the first whole one after it, and where it stood."""
        for step in range(self.num_images):
            candidate = (index + step) % self.num_images
            if candidate in self._broken:
                continue
            try:
                return self._read_one(candidate), candidate
            except ValueError as error:
                if self._on_error == "raise":
                    raise
                self._skip(candidate, error)
        raise ValueError(f"None of the {self.num_images} images in {self.folder} can be read.")

    def _read_one(self, index):
        path = self.paths[index]
        try:
            return read_image(
                self.folder / path, self.image_shape[0], self._color_mode, self._resize
            )
        except MemoryError:
            raise
        # Pillow's decoders raise a dozen unrelated types on damaged bytes.
        except Exception as error:
            raise self.unreadable(path, error) from error

    def unreadable(self, path, error):
        """The `ValueError` about a file of this folder that cannot be read."""
        return ValueError(
            f"The image file {str(self.folder / path)!r} cannot be read: {error} "
            f'({type(error).__name__}). Mend it or take it out, or pass on_error="skip" '
            "(--on-error skip)."
        )

    def _skip(self, index, error):
        is_first = not self._broken
        self._broken.add(index)
        if is_first:
            warnings.warn(
                f"{error} It is skipped, as every broken file after it; `dataset.skipped` lists "
                "them.",
                stacklevel=2,
            )


def image_folder(
    path,
    image_size,
    batch_size=64,
    labels="none",
    color_mode="rgb",
    resize="crop",
    on_error="raise",
    **options,
):
    """Stream the images of a folder and all its sub-folders, whatever their size and mode.

    Use it for your own pictures. Nothing but the paths is held in memory; four threads read
    ahead of the training step (`threads=4`). Grey, palette, CMYK, 16-bit and transparent files
    are converted, transparency shows white unless `color_mode="rgba"`, an EXIF rotation is
    applied, and an animation gives its first frame. Names that begin with a dot are passed over.

    Args:
        path: String or path, the folder.
        image_size: Integer, height and width of the images in pixels.
        batch_size: Integer. Defaults to `64`.
        labels: `"none"`, or `"folder"`: the first-level sub-folder of an image is its class, and
            labels number the sorted folder names. Defaults to `"none"`.
        color_mode: `"rgb"`, `"grayscale"` or `"rgba"`. Defaults to `"rgb"`.
        resize: `"crop"` cuts the centre square and resamples it with an antialiasing Lanczos
            filter; `"pad"` keeps the whole image, shrinks it only if it is too large, and
            centres it on zeros (black, or transparent for `"rgba"`). Defaults to `"crop"`.
        on_error: `"raise"`, or `"skip"`: the next whole image in the order of the paths, with
            its own label, takes the place of a broken one. So the batch keeps its size and
            nothing has to be decoded in advance, and that neighbour is seen once more an epoch.
            The first one gives a warning, `dataset.skipped` lists all. Defaults to `"raise"`.
        **options: `shuffle`, `seed`, `mirror`, `drop_remainder`, `repeat`, `start_batch` and
            `threads` of `keras_san.data.ImageDataset`.

    Returns:
        A `keras_san.data.ImageDataset` of uint8 batches of shape
        `(batch_size, image_size, image_size, channels)`.

    Raises:
        ValueError: If there is no such folder, it holds no image or, for `labels="folder"`, no
            class folders, or an argument has an unknown value; while reading, if a file is broken.

    Example:

    ```python
    import pathlib
    import tempfile

    import keras_san.data
    import numpy as np

    folder = pathlib.Path(tempfile.mkdtemp())
    for channel, name in enumerate(("red", "green", "blue")):
        picture = np.zeros((48, 64, 3), "uint8")
        picture[..., channel] = 255
        keras_san.data.save_png(picture, folder / name / "1.png")
    dataset = keras_san.data.image_folder(folder, image_size=32, batch_size=3, labels="folder")
    images, labels = dataset[0]
    ```
    """
    source = FolderSource(path, image_size, labels, color_mode, resize, on_error)
    return ImageDataset(source, batch_size, **options)
