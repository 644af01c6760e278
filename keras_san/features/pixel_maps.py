"""The pixels of images as four maps, in the place of a network's features."""

import hashlib

import keras
from keras import ops

# Sides of the squares of pixels that become the channels of a position.
SQUARES = (2, 4, 8, 16)


def pixel_map_network(image_shape):
    """A model without weights from images to their pixels, in squares of 2, 4, 8 and 16.

    Args:
        image_shape: `(height, width, channels)`, height and width multiples of 16.

    Returns:
        `keras.Model` to maps `(batch, height / n, width / n, n * n * channels)`, finest first, and
        its hash, which is that of the shape.
    """
    images = keras.Input(image_shape)
    maps = [_squares(images, side) for side in SQUARES]
    digest = hashlib.sha256(f"pixels {image_shape} in squares of {SQUARES}".encode())
    return keras.Model(images, maps, name="pixels"), digest.hexdigest()


def pixel_map_shape(image_shape):
    """The least shape not smaller than an image's that squares of 16 cover."""
    height, width, channels = image_shape
    largest = SQUARES[-1]
    return (-(-height // largest) * largest, -(-width // largest) * largest, channels)


def _squares(images, side):
    """Every square of pixels as the channels of one position."""
    height, width, channels = images.shape[1:]
    rows, columns = height // side, width // side
    x = ops.reshape(images, (-1, rows, side, columns, side, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, rows, columns, side * side * channels))
