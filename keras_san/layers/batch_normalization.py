"""Batch normalisation with the backend's fused kernel."""

import keras
from keras import ops

from keras_san import backend


@keras.saving.register_keras_serializable(package="keras_san")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` of images, fused where the backend has a kernel for it.

    Use it in generators in place of Keras's layer: outputs, gradients and moving statistics are
    the same, a training call takes fewer passes over memory. Channels-last, no mask.

    Where several replicas share a batch the statistics are always those of all of them, as if one
    device held the whole batch; `synchronized` changes nothing.

    Args:
        momentum: float, of the moving statistics. Defaults to `0.99`.
        epsilon: float, added to the variance. Defaults to `1e-3`.
        **kwargs: the further ones of `keras.layers.BatchNormalization`.

    Call arguments:
        inputs: tensor `(batch, height, width, channels)`.
        training: bool, whether the batch's own statistics are used.

    Returns:
        Tensor of the shape of `inputs`.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import BatchNormalization

    layer = BatchNormalization(epsilon=1e-5)
    layer(np.ones((2, 4, 4, 8), "float32"), training=True).shape  # (2, 4, 4, 8)
    ```

    Reference: Ioffe and Szegedy, "Batch Normalization", ICML 2015.
    """

    def __init__(self, momentum=0.99, epsilon=1e-3, **kwargs):
        self._synchronized = bool(kwargs.pop("synchronized", False))
        super().__init__(momentum=momentum, epsilon=epsilon, **kwargs)

    def call(self, inputs, training=None, mask=None):
        """The normalised inputs; see the class."""
        fits = len(inputs.shape) == 4 and self.axis in (-1, 3) and mask is None
        trains = training and self.trainable
        # Keras has `renorm` since 3.14.
        if not fits or getattr(self, "renorm", False):
            return super().call(inputs, training=training, mask=mask)
        channels = inputs.shape[-1]
        gamma = ops.cast(self.gamma, "float32") if self.scale else ops.ones((channels,), "float32")
        beta = ops.cast(self.beta, "float32") if self.center else ops.zeros((channels,), "float32")
        if not trains:
            statistics = [ops.cast(v, "float32") for v in (self.moving_mean, self.moving_variance)]
            outputs = backend.normalize_by(inputs, *statistics, gamma, beta, self.epsilon)
            return ops.cast(outputs, self.compute_dtype)
        outputs, mean, variance = backend.batch_normalization(inputs, gamma, beta, self.epsilon)
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average = ops.cast(moving, "float32") * self.momentum + value * (1.0 - self.momentum)
            moving.assign(ops.stop_gradient(average))
        return ops.cast(outputs, self.compute_dtype)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {"synchronized": self._synchronized}
