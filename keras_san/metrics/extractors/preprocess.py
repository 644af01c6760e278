"""From uint8 images of any size to what a network takes: channels, size, scale."""

import keras
import numpy as np
from keras import ops

# Rec. 601, as Pillow converts to grey.
LUMA = (0.299, 0.587, 0.114)


def _cubic(distance):
    """Keys's cubic kernel with a = -1/2, which Pillow and TensorFlow use where they antialias."""
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1.0
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4.0 * distance + 2.0
    return np.where(distance < 1.0, near, np.where(distance < 2.0, far, 0.0))


def bicubic_antialiased(source, target):
    """The matrix `(target, source)` that resizes a row as Pillow's bicubic filter does.

    The support grows with the reduction, so shrinking does not alias.
    """
    scale = source / target
    width = max(scale, 1.0)
    centers = (np.arange(target) + 0.5) * scale
    distances = np.abs(np.arange(source) + 0.5 - centers[:, None]) / width
    weights = _cubic(distances)
    return weights / weights.sum(axis=1, keepdims=True)


def bilinear_tensorflow1(source, target):
    """The matrix of TensorFlow 1's `resize_bilinear`: corners as origin, no antialiasing.

    The published Fréchet Inception distances were measured with it.
    """
    positions = np.arange(target) * (source / target)
    low = np.floor(positions).astype(int)
    high = np.minimum(low + 1, source - 1)
    weights = np.zeros((target, source))
    rows = np.arange(target)
    np.add.at(weights, (rows, low), 1.0 - (positions - low))
    np.add.at(weights, (rows, high), positions - low)
    return weights


RESIZES = {
    "bicubic_antialiased": bicubic_antialiased,
    "bilinear_tensorflow1": bilinear_tensorflow1,
}


class Preprocess(keras.layers.Layer):
    """Grey or RGB, resized by two matrix products, then `(x - offset) * scale`.

    Written as matrices so that every backend computes the same numbers: their own resize functions
    differ. Values are clipped to [0, 255] and not rounded in between.

    Args:
        image_shape: `(height, width, channels)` of the images, 1 or 3 channels.
        target_shape: the same, of the network.
        resize: name, one of `RESIZES`.
        offset: float, taken off the values 0 to 255.
        scale: float, multiplied after that.
    """

    def __init__(self, image_shape, target_shape, resize, offset, scale, **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.image_shape = tuple(image_shape)
        self.target_shape = tuple(target_shape)
        self.offset, self.scale = offset, scale
        self._matrices = [
            None if source == target else RESIZES[resize](source, target).astype("float32")
            for source, target in zip(image_shape[:2], target_shape[:2], strict=True)
        ]

    def call(self, images):
        """The prepared images, float32."""
        x = ops.cast(images, "float32")
        if self.image_shape[2] == 3 and self.target_shape[2] == 1:
            x = ops.sum(x * ops.convert_to_tensor(LUMA, "float32"), axis=-1, keepdims=True)
        rows, columns = self._matrices
        # Columns first: their product is the slower one, and most images are small.
        if columns is not None:
            x = ops.matmul(columns, x)
        if rows is not None:
            x = _along_rows(rows, x)
        if rows is not None or columns is not None:
            x = ops.clip(x, 0.0, 255.0)
        x = (x - self.offset) * self.scale
        if self.image_shape[2] == 1 and self.target_shape[2] == 3:
            x = ops.repeat(x, 3, axis=-1)
        return x


def _along_rows(matrix, x):
    _, height, width, channels = x.shape
    x = ops.matmul(matrix, ops.reshape(x, (-1, height, width * channels)))
    return ops.reshape(x, (-1, len(matrix), width, channels))
