"""Resizing of images and maps as two matrix products: the same numbers on every backend."""

import numpy as np
from keras import ops


def _cubic(distance):
    """Keys's cubic kernel with a = -1/2, which Pillow and TensorFlow use where they antialias."""
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1.0
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4.0 * distance + 2.0
    return np.where(distance < 1.0, near, np.where(distance < 2.0, far, 0.0))


def _triangle(distance):
    return np.maximum(1.0 - distance, 0.0)


def _antialiased(kernel, source, target):
    """The matrix `(target, source)` of a filter whose support grows with the reduction."""
    scale = source / target
    width = max(scale, 1.0)
    centers = (np.arange(target) + 0.5) * scale
    distances = np.abs(np.arange(source) + 0.5 - centers[:, None]) / width
    weights = kernel(distances)
    return weights / weights.sum(axis=1, keepdims=True)


def bicubic_antialiased(source, target):
    """The matrix `(target, source)` that resizes a row as Pillow's bicubic filter does.

    The support grows with the reduction, so shrinking does not alias.
    """
    return _antialiased(_cubic, source, target)


def bilinear_antialiased(source, target):
    """The same of Pillow's bilinear filter; where it enlarges, plain bilinear interpolation."""
    return _antialiased(_triangle, source, target)


def bilinear_tensorflow1(source, target):
    """The matrix of TensorFlow 1's `resize_bilinear`: corners as origin, no antialiasing.

    The published Fréchet Inception distances were measured with it.
    """
    return _interpolation(np.arange(target) * (source / target), source)


def bilinear_corners(source, target):
    """The matrix of bilinear interpolation that keeps the outermost pixels where they are."""
    return _interpolation(np.arange(target) * ((source - 1) / max(target - 1, 1)), source)


def _interpolation(positions, source):
    low = np.floor(positions).astype(int)
    high = np.minimum(low + 1, source - 1)
    weights = np.zeros((len(positions), source))
    rows = np.arange(len(positions))
    np.add.at(weights, (rows, low), 1.0 - (positions - low))
    np.add.at(weights, (rows, high), positions - low)
    return weights


RESIZES = {
    "bicubic_antialiased": bicubic_antialiased,
    "bilinear_antialiased": bilinear_antialiased,
    "bilinear_tensorflow1": bilinear_tensorflow1,
}


def resized(x, rows, columns):
    """Maps `(batch, height, width, channels)` times both matrices; None leaves an axis alone."""
    # Columns first: their product is the slower one, and most images are small.
    if columns is not None:
        x = ops.matmul(ops.cast(columns, x.dtype), x)
    if rows is not None:
        _, height, width, channels = x.shape
        x = ops.matmul(ops.cast(rows, x.dtype), ops.reshape(x, (-1, height, width * channels)))
        x = ops.reshape(x, (-1, rows.shape[0], width, channels))
    return x
