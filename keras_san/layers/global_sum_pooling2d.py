"""Global sum pooling."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_san")
class GlobalSumPooling2D(keras.layers.Layer):
    """Sums a map over its positions, as the discriminators of SNGAN and BigGAN do.

    Args:
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: tensor `(batch, height, width, channels)`.

    Returns:
        Tensor `(batch, channels)`.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import GlobalSumPooling2D

    GlobalSumPooling2D()(np.ones((2, 4, 4, 8), "float32")).shape  # (2, 8)
    ```

    Reference: Miyato and Koyama, "cGANs with projection discriminator", ICLR 2018.
    """

    def call(self, inputs):
        """The sums; see the class."""
        return ops.sum(inputs, axis=(1, 2))

    def compute_output_shape(self, input_shape):
        """Shape of the sums."""
        return (input_shape[0], input_shape[3])
