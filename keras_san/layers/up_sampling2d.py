"""Doubling of height and width."""

import keras

from keras_san.layers.residual_block import check_interpolation, resized, upsampled


@keras.saving.register_keras_serializable(package="keras_san")
class UpSampling2D(keras.layers.Layer):
    """`keras.layers.UpSampling2D` by two, in one copy of the map where Keras makes two.

    Use it in generators in place of Keras's layer; outputs and gradients are the same.

    Args:
        interpolation: `"nearest"` or `"bilinear"`. Defaults to `"nearest"`.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: tensor `(batch, height, width, channels)`, height and width known.

    Returns:
        Tensor `(batch, 2 * height, 2 * width, channels)`.

    Raises:
        ValueError: if the interpolation is unknown.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import UpSampling2D

    UpSampling2D()(np.ones((2, 4, 4, 8), "float32")).shape  # (2, 8, 8, 8)
    ```
    """

    def __init__(self, interpolation="nearest", **kwargs):
        super().__init__(**kwargs)
        check_interpolation(interpolation)
        self.interpolation = interpolation

    def call(self, inputs):
        """Upsampled `inputs`; see the class."""
        return upsampled(inputs, self.interpolation)

    def compute_output_shape(self, input_shape):
        """Twice the height and width."""
        return resized(input_shape, upsample=True)

    def compute_output_spec(self, inputs):
        """What a symbolic call gives."""
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), self.compute_dtype)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {"interpolation": self.interpolation}
