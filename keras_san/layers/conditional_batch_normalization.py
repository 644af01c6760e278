"""Batch normalisation whose gain and bias depend on a vector."""

import keras
from keras import ops

from keras_san.layers.batch_normalization import BatchNormalization
from keras_san.layers.spectral_normalization import SpectralNormalization


@keras.saving.register_keras_serializable(package="keras_san")
class ConditionalBatchNormalization(BatchNormalization):
    """Batch normalisation with a gain and a bias for each sample, made from a vector.

    Use it in generators that take a class embedding or latents in every block, as BigGAN's; for
    a table with a row a class there is `keras_san.layers.ClassBatchNormalization`. The gain is
    one more than what its dense layer gives: without that "one more" a network does not train.

    Formula, `BN` the batch normalisation without gain and bias of its own:
    ```
    output = (1 + condition @ gain) * BN(maps) + condition @ bias
    ```
    With `use_bias` each of the two dense layers adds a bias of its own.

    Args:
        spectral_normalization: bool, whether the two dense layers are spectrally normalised.
            Defaults to `False`.
        kernel_initializer: of the two dense layers. Defaults to `"glorot_uniform"`.
        use_bias: bool, whether the two dense layers have a bias. Defaults to `False`.
        bias_initializer: of these biases. Defaults to `"zeros"`.
        momentum: float, of the moving statistics. Defaults to `0.99`.
        epsilon: float, added to the variance. Defaults to `1e-3`.
        **kwargs: the further ones of `keras_san.layers.BatchNormalization`; `center` and `scale`
            are not among them.

    Call arguments:
        inputs: list `[maps, condition]`: tensors `(batch, height, width, channels)` and
            `(batch, features)`.
        training: bool, whether the batch's own statistics are used.

    Returns:
        Tensor of the shape of `maps`.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import ConditionalBatchNormalization

    maps, condition = np.ones((2, 4, 4, 8), "float32"), np.ones((2, 5), "float32")
    ConditionalBatchNormalization()([maps, condition]).shape  # (2, 4, 4, 8)
    ```

    Reference: Brock et al., "Large Scale GAN Training", ICLR 2019, appendix B.
    """

    conditional = True

    def __init__(
        self,
        spectral_normalization=False,
        kernel_initializer="glorot_uniform",
        use_bias=False,
        bias_initializer="zeros",
        momentum=0.99,
        epsilon=1e-3,
        **kwargs,
    ):
        super().__init__(momentum=momentum, epsilon=epsilon, center=False, scale=False, **kwargs)
        self.spectral_normalization = spectral_normalization
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.use_bias = use_bias
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build(self, input_shape):
        """Creates the moving statistics and the dense layers `gain` and `bias`."""
        maps, condition = input_shape
        super().build(maps)
        self.input_spec = None
        self.gain, self.bias = (self._dense(maps[-1], name) for name in ("gain", "bias"))
        for dense in (self.gain, self.bias):
            dense.build(condition)

    def _dense(self, channels, name):
        dense = keras.layers.Dense(
            channels,
            use_bias=self.use_bias,
            kernel_initializer=self.kernel_initializer.clone(),
            bias_initializer=self.bias_initializer.clone(),
            dtype=self.dtype_policy,
            name=name,
        )
        return SpectralNormalization(dense, name=name) if self.spectral_normalization else dense

    def call(self, inputs, training=None):
        """The normalised and modulated maps; see the class."""
        maps, condition = inputs
        switches = {"training": training} if self.spectral_normalization else {}
        gain, bias = (dense(condition, **switches) for dense in (self.gain, self.bias))
        return modulated(self, maps, 1.0 + gain, bias, training)

    def compute_output_shape(self, input_shape):
        """Shape of the maps."""
        return tuple(input_shape[0])

    def get_config(self):
        """The arguments of the constructor."""
        return without_own_gain(super().get_config()) | {
            "spectral_normalization": self.spectral_normalization,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "use_bias": self.use_bias,
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }


def modulated(layer, maps, gain, bias, training):
    """`gain * BN(maps) + bias` with `BN` a layer's normalisation, and its statistics moved.

    Args:
        layer: `BatchNormalization` with neither `center` nor `scale`.
        maps: tensor `(batch, height, width, channels)`.
        gain: tensor `(batch, channels)`.
        bias: tensor `(batch, channels)`.
        training: bool.
    """
    gain, bias = gain[:, None, None, :], bias[:, None, None, :]
    if training and layer.trainable:
        normalized = BatchNormalization.call(layer, maps, training=True)
        return normalized * ops.cast(gain, normalized.dtype) + ops.cast(bias, normalized.dtype)
    # With fixed statistics all is one factor and one summand a channel, in full precision.
    mean, variance, maps, gain, bias = (
        ops.cast(tensor, "float32")
        for tensor in (layer.moving_mean, layer.moving_variance, maps, gain, bias)
    )
    gain = gain * ops.rsqrt(variance + layer.epsilon)
    return ops.cast(maps * gain + (bias - mean * gain), layer.compute_dtype)


def without_own_gain(config):
    """A config of `BatchNormalization` without what a modulated one does not take."""
    return {name: value for name, value in config.items() if name not in ("center", "scale")}
