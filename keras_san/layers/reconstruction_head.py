"""The head of an auto-encoding discriminator."""

import keras
from keras import ops

from keras_san.layers.conv2d import Conv2D
from keras_san.layers.up_sampling2d import UpSampling2D


@keras.saving.register_keras_serializable(package="keras_san")
class ReconstructionHead(keras.layers.Layer):
    """Decodes features into an image and scores the image by how close that comes.

    It makes a discriminator an auto-encoder, as `keras_san.losses.BEGAN` wants it: a dense layer to
    a small map, then nearest upsampling and convolutions. It computes in float32 under mixed
    precision: the balance of the players hangs on small differences of errors.

    Args:
        width: int, channels of all maps. Defaults to `32`.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: `[features, images]`, `(batch, features)` and `(batch, height, width, channels)`.

    Returns:
        Scores `(batch, 1)`, not above zero: minus the mean absolute error of the reconstruction.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import ReconstructionHead

    images = np.zeros((2, 16, 16, 3), "float32")
    ReconstructionHead(width=4)([np.ones((2, 8), "float32"), images]).shape  # (2, 1)
    ```

    Reference: Berthelot et al., "BEGAN", 2017, figure 1.
    """

    # The discriminator gives such a head its images too.
    compares_images = True

    def __init__(self, width=32, **kwargs):
        policy = keras.dtype_policies.get(kwargs.pop("dtype", None) or keras.config.dtype_policy())
        kwargs["dtype"] = policy.variable_dtype
        super().__init__(**kwargs)
        self.width = width
        self.decoder = None

    def build(self, input_shape):
        """Makes the decoder for the images' shape."""
        features, images = input_shape
        height, width, channels = images[1:]
        doublings = 0
        while min(height, width) > 8 and height % 2 == 0 and width % 2 == 0:
            height, width, doublings = height // 2, width // 2, doublings + 1

        def convolution(filters):
            return Conv2D(filters, 3, padding="same", dtype=self.dtype_policy)

        layers = [
            keras.layers.Dense(height * width * self.width, dtype=self.dtype_policy),
            keras.layers.Reshape((height, width, self.width), dtype=self.dtype_policy),
        ]
        for _ in range(doublings):
            layers += [convolution(self.width), keras.layers.ELU(dtype=self.dtype_policy)]
            layers.append(UpSampling2D(dtype=self.dtype_policy))
        layers += [convolution(self.width), keras.layers.ELU(dtype=self.dtype_policy)]
        self.decoder = keras.Sequential([*layers, convolution(channels)], name="decoder")
        self.decoder.build(tuple(features))

    def reconstruct(self, features):
        """The decoded images."""
        return self.decoder(ops.cast(features, self.compute_dtype))

    def call(self, inputs):
        """Scores; see the class."""
        features, images = inputs
        error = ops.abs(self.reconstruct(features) - ops.cast(images, self.compute_dtype))
        return -ops.mean(ops.mean(error, axis=(1, 2)), axis=1, keepdims=True)

    def compute_output_shape(self, input_shape):
        """Shape of the scores."""
        return (input_shape[0][0], 1)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {"width": self.width}
