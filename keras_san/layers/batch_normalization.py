"""Batch normalisation with the backend's fused kernel."""

import keras
from keras import ops

from keras_san import backend


@keras.saving.register_keras_serializable(package="keras_san")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` of images, fused where the backend has a kernel for it.

    Use it in generators in place of Keras's layer: outputs, gradients and moving statistics are
    the same, a training call takes fewer passes over memory. Channels-last, no mask.

    `synchronized=True` asks for the statistics of the batch of all replicas: on TensorFlow Keras's
    own reduction does it; on JAX a distributed batch is one array, so it is always so; on PyTorch
    it is refused, as nothing would gather the statistics.

    Args:
        momentum: float, of the moving statistics. Defaults to `0.99`.
        epsilon: float, added to the variance. Defaults to `1e-3`.
        **kwargs: the further ones of `keras.layers.BatchNormalization`, `synchronized` among them.

    Call arguments:
        inputs: tensor `(batch, height, width, channels)`.
        training: bool, whether the batch's own statistics are used.

    Returns:
        Tensor of the shape of `inputs`.

    Raises:
        ValueError: if `synchronized=True` is asked for on PyTorch.

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
        self._across_replicas = bool(kwargs.pop("synchronized", False))
        super().__init__(
            momentum=momentum,
            epsilon=epsilon,
            synchronized=self._across_replicas and _needs_reduction(),
            **kwargs,
        )

    def call(self, inputs, training=None, mask=None):
        """The normalised inputs; see the class."""
        plain = not self.renorm and not self.synchronized
        fits = len(inputs.shape) == 4 and self.axis in (-1, 3) and mask is None
        if not (training and self.trainable and plain and fits):
            return super().call(inputs, training=training, mask=mask)
        channels = inputs.shape[-1]
        gamma = ops.cast(self.gamma, "float32") if self.scale else ops.ones((channels,), "float32")
        beta = ops.cast(self.beta, "float32") if self.center else ops.zeros((channels,), "float32")
        outputs, mean, variance = backend.batch_normalization(inputs, gamma, beta, self.epsilon)
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average = ops.cast(moving, "float32") * self.momentum + value * (1.0 - self.momentum)
            moving.assign(ops.stop_gradient(average))
        return ops.cast(outputs, self.compute_dtype)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {"synchronized": self._across_replicas}


def _needs_reduction():
    """Whether the replicas' statistics must be gathered; a `ValueError` where nothing does it."""
    gathering = backend.gathers_batch_statistics()
    if gathering is None:
        raise ValueError(
            "`synchronized=True` is not supported on PyTorch: nothing gathers the statistics of "
            "the processes. Leave it out (each process then normalises its own part of the "
            "batch), or train on JAX or TensorFlow."
        )
    return not gathering
