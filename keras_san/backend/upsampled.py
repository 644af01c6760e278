"""Doubling of maps by nearest neighbours, in `keras.ops`."""

from keras import ops


def nearest(maps):
    """Maps `(batch, height, width, channels)` of twice the height and width."""
    _, height, width, channels = maps.shape
    # One copy; repeating each axis in turn takes two.
    maps = ops.reshape(maps, (-1, height, 1, width, 1, channels))
    maps = ops.broadcast_to(maps, (ops.shape(maps)[0], height, 2, width, 2, channels))
    return ops.reshape(maps, (-1, 2 * height, 2 * width, channels))
