"""Batch normalisation with a gain and a bias a class."""

import keras
from keras import ops

from keras_san.layers.batch_normalization import BatchNormalization
from keras_san.layers.conditional_batch_normalization import modulated, without_own_gain


@keras.saving.register_keras_serializable(package="keras_san")
class ClassBatchNormalization(BatchNormalization):
    """Batch normalisation with tables of gains and biases, a row a class.

    Use it in class-conditional generators, as SNGAN's conditional form and SAGAN do; BigGAN's,
    which makes gain and bias from a vector, is `keras_san.layers.ConditionalBatchNormalization`.

    Formula, `BN` the batch normalisation without gain and bias of its own:
    ```
    output = gain[label] * BN(maps) + bias[label]
    ```

    Args:
        num_classes: int, number of classes.
        momentum: float, of the moving statistics. Defaults to `0.99`.
        epsilon: float, added to the variance. Defaults to `1e-3`.
        **kwargs: the further ones of `keras_san.layers.BatchNormalization`; `center` and `scale`
            are not among them.

    Call arguments:
        inputs: list `[maps, labels]`: tensor `(batch, height, width, channels)` and integers
            `(batch,)` in `[0, num_classes)`.
        training: bool, whether the batch's own statistics are used.

    Returns:
        Tensor of the shape of `maps`.

    Raises:
        ValueError: if `num_classes` is not positive.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import ClassBatchNormalization

    maps, labels = np.ones((2, 4, 4, 8), "float32"), np.array([3, 7])
    ClassBatchNormalization(10)([maps, labels]).shape  # (2, 4, 4, 8)
    ```

    Reference: Dumoulin et al., "A Learned Representation for Artistic Style", ICLR 2017, equation
    5; Miyato and Koyama, "cGANs with projection discriminator", ICLR 2018.
    """

    conditional = True

    def __init__(self, num_classes, momentum=0.99, epsilon=1e-3, **kwargs):
        if not isinstance(num_classes, int) or num_classes < 1:
            raise ValueError(
                f"`num_classes` must be a positive integer. Received: num_classes={num_classes!r}"
            )
        super().__init__(momentum=momentum, epsilon=epsilon, center=False, scale=False, **kwargs)
        self.num_classes = num_classes

    def build(self, input_shape):
        """Creates the moving statistics and the tables `gain` and `bias`."""
        maps, _ = input_shape
        super().build(maps)
        self.input_spec = None
        self.gain, self.bias = (
            self.add_weight(name=name, shape=(self.num_classes, maps[-1]), initializer=initializer)
            for name, initializer in (("gain", "ones"), ("bias", "zeros"))
        )

    def call(self, inputs, training=None):
        """The normalised and modulated maps; see the class."""
        maps, labels = inputs
        labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
        gain, bias = (ops.take(table, labels, axis=0) for table in (self.gain, self.bias))
        return modulated(self, maps, gain, bias, training)

    def compute_output_shape(self, input_shape):
        """Shape of the maps."""
        return tuple(input_shape[0])

    def get_config(self):
        """The arguments of the constructor."""
        return without_own_gain(super().get_config()) | {"num_classes": self.num_classes}
