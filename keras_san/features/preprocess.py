"""From images of any size to what a network takes: channels, size, scale."""

import keras
from keras import ops

from keras_san.features.resize import RESIZES, resized

# Rec. 601, as Pillow converts to grey.
LUMA = (0.299, 0.587, 0.114)


class Preprocess(keras.layers.Layer):
    """Grey or RGB, resized by two matrix products, then `(x - offset) * scale`.

    Written as matrices so that every backend computes the same numbers: their own resize functions
    differ. Resized values are clipped to their range and not rounded in between.

    Args:
        image_shape: `(height, width, channels)` of the images, 1 or 3 channels.
        target_shape: the same, of the network.
        resize: name, one of `RESIZES`.
        offset: float, taken off the values.
        scale: float, multiplied after that.
        value_range: pair of floats, or None for values that may lie anywhere. Defaults to
            `(0.0, 255.0)`.
    """

    def __init__(
        self,
        image_shape,
        target_shape,
        resize,
        offset=0.0,
        scale=1.0,
        value_range=(0.0, 255.0),
        **kwargs,
    ):
        super().__init__(trainable=False, **kwargs)
        self.image_shape = tuple(image_shape)
        self.target_shape = tuple(target_shape)
        self.offset, self.scale = offset, scale
        self.value_range = value_range
        self._matrices = [
            None if source == target else RESIZES[resize](source, target).astype("float32")
            for source, target in zip(image_shape[:2], target_shape[:2], strict=True)
        ]
        self.built = True

    def call(self, images):
        """The prepared images, float32."""
        x = ops.cast(images, "float32")
        if self.image_shape[2] == 3 and self.target_shape[2] == 1:
            x = ops.sum(x * ops.convert_to_tensor(LUMA, "float32"), axis=-1, keepdims=True)
        rows, columns = self._matrices
        x = resized(x, rows, columns)
        if self.value_range is not None and not (rows is None and columns is None):
            x = ops.clip(x, *self.value_range)
        x = (x - self.offset) * self.scale
        if self.image_shape[2] == 1 and self.target_shape[2] == 3:
            x = ops.repeat(x, 3, axis=-1)
        return x
