"""Images of a folder as they are, for measuring."""

from pathlib import Path

from PIL import Image

from keras_san.data.image_dataset import ImageDataset
from keras_san.data.image_folder import FolderSource

# What `keras-san generate` writes beside its images: many of them on one sheet.
SHEETS, IMAGES = ("grid.png", "classes.png", "interpolation.png"), "seed*.png"


def folder_images(
    path, image_size=None, labels="none", color_mode="rgb", resize="crop", on_error="raise"
):
    """A folder's images as a dataset, at their own size unless another is given.

    Resampling changes what is measured, so images of mixed or oblong sizes are refused where no
    `image_size` says that it is wanted. The sheets of `keras-san generate` are left out.
    """
    beside = {image.parent for image in Path(path).rglob(IMAGES)}
    sheets = {(place / name).relative_to(path).as_posix() for place in beside for name in SHEETS}

    def source(size):
        return FolderSource(path, size, labels, color_mode, resize, on_error, leave_out=sheets)

    if image_size is not None:
        return ImageDataset(source(image_size), batch_size=1)
    sizes = {}
    for name in (found := source(1)).paths:
        try:
            with Image.open(found.folder / name) as image:
                sizes.setdefault(image.size, name)
        # Pillow raises unrelated types on damaged and on very large files.
        except Exception as error:
            if on_error == "skip":
                continue
            raise found.unreadable(name, error) from error
        if len(sizes) > 1:
            (one, first), (other, second) = list(sizes.items())[:2]
            raise ValueError(
                f"The images of '{path}' have mixed sizes: {first} is {one[0]} x {one[1]} pixels, "
                f"{second} is {other[0]} x {other[1]}. "
                "Give the size to bring all to (--resolution)."
            )
    if not sizes:
        raise ValueError(f"None of the {found.num_images} images in '{path}' can be read.")
    ((width, height),) = sizes
    if width != height:
        raise ValueError(
            f"The images of '{path}' are {width} x {height} pixels, not square. Give the size to "
            "bring them to (--resolution)."
        )
    return ImageDataset(source(width), batch_size=1)
