"""From an image file of any size and mode to one uint8 array."""

import pathlib
import warnings

import numpy as np
from PIL import Image, ImageOps

from keras_san.data.checks import check_choice

# Pillow's name of the mode that each colour mode ends in.
COLOR_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
RESIZES = ("crop", "pad")


def resize_image(image, image_size, resize):
    """Bring a Pillow image to a square of `image_size` pixels.

    `"crop"` cuts the centre square and resamples it; `"pad"` shrinks the image if it is too
    large and then centres it on zeros, so a small image keeps its very pixels. Both resample with
    the Lanczos filter, whose support grows with the reduction: no aliasing, and sharper than a
    box or bilinear filter.
    """
    check_choice("resize", resize, RESIZES)
    size = (image_size, image_size)
    if image.size == size:
        return image
    if resize == "crop":
        return ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    if max(image.size) > image_size:
        image = ImageOps.contain(image, size, Image.Resampling.LANCZOS)
    canvas = Image.new(image.mode, size)
    canvas.paste(image, ((image_size - image.width) // 2, (image_size - image.height) // 2))
    return canvas


def _to_8_bits(image):
    """Scale an integer image of 16 bits to 8; Pillow itself would clip some of them."""
    values = np.asarray(image)
    if values.dtype.kind not in "iu" or values.min() < 0 or values.max() > 65535:
        raise ValueError(
            f"its pixels (mode {image.mode}) have no known range; save it with 8 or 16 bits"
        )
    return Image.fromarray(((values.astype(np.uint32) + 128) // 257).astype(np.uint8))


def _to_color_mode(image, color_mode):
    """Convert the colours; transparency shows white unless it is asked for."""
    if image.mode == "F" or image.mode.startswith("I"):
        image = _to_8_bits(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if color_mode != "rgba":
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image).convert("RGB")
    return image.convert(COLOR_MODES[color_mode])


def _warn_if_dark(image, path):
    """12 bits in a file of 16 come out nearly black; said once a folder."""
    highest = np.asarray(image).max()
    if 0 < highest < 65535 // 8:
        warnings.warn(
            f"An image of 16 bits in {str(pathlib.Path(path).parent)!r} has no value above an "
            "eighth of the range, as when 12 bits are stored in 16: it becomes nearly black. Scale "
            "the values to 0 to 65535 and save it again.",
            stacklevel=2,
        )


def read_image(path, image_size, color_mode="rgb", resize="crop"):
    """Read one file as a uint8 array of shape `(image_size, image_size, channels)`."""
    with Image.open(path) as file:
        image = ImageOps.exif_transpose(file)
    if image.mode.startswith("I"):
        _warn_if_dark(image, path)
    image = resize_image(_to_color_mode(image, color_mode), image_size, resize)
    return np.asarray(image).reshape(image_size, image_size, CHANNELS[color_mode])
