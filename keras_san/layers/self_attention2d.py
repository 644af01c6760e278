"""Self-attention over the positions of a map."""

import keras
from keras import ops

from keras_san.layers.conv2d import Conv2D
from keras_san.layers.spectral_normalization import SpectralNormalization


@keras.saving.register_keras_serializable(package="keras_san")
class SelfAttention2D(keras.layers.Layer):
    """Lets every position of a map look at all others, as in SAGAN and BigGAN.

    Use it once in a generator and once in a discriminator, at 32 or 64 pixels: it costs the
    square of the number of positions. The gate starts at 0, so that a new layer changes nothing.

    Formula, `f`, `g`, `h`, `o` convolutions 1x1 without bias, `pool` the maximum of 2x2:
    ```
    attention = softmax(f(x) pool(g(x))^T),  output = gate * o(attention pool(h(x))) + x
    ```
    `f` and `g` make an eighth of the channels, `h` half of them, at least one.

    Args:
        spectral_normalization: bool, whether the convolutions are spectrally normalised. Defaults
            to `True`.
        kernel_initializer: of the convolutions. Defaults to `"glorot_uniform"`.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: tensor `(batch, height, width, channels)`, height and width at least 2.
        training: bool, whether the power iterations move on.

    Returns:
        Tensor of the shape of `inputs`.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import SelfAttention2D

    SelfAttention2D()(np.ones((2, 8, 8, 16), "float32")).shape  # (2, 8, 8, 16)
    ```

    Reference: Zhang et al., "Self-Attention Generative Adversarial Networks", ICML 2019; the
    pooling and the sizes are BigGAN's, Brock et al., ICLR 2019.
    """

    def __init__(self, spectral_normalization=True, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.spectral_normalization = spectral_normalization
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        """Creates the convolutions `query`, `key`, `value` and `output_projection`, and `gate`."""
        channels = input_shape[-1]
        narrow, wide = max(channels // 8, 1), max(channels // 2, 1)
        self.query = self._convolution(narrow, "query")
        self.key = self._convolution(narrow, "key")
        self.value = self._convolution(wide, "value")
        self.output_projection = self._convolution(channels, "output_projection")
        for convolution in (self.query, self.key, self.value):
            convolution.build(input_shape)
        self.output_projection.build((*input_shape[:-1], wide))
        self.gate = self.add_weight(name="gate", shape=(), initializer="zeros")

    def _convolution(self, filters, name):
        convolution = Conv2D(
            filters,
            1,
            use_bias=False,
            kernel_initializer=self.kernel_initializer.clone(),
            dtype=self.dtype_policy,
            name=name,
        )
        if self.spectral_normalization:
            return SpectralNormalization(convolution, name=name)
        return convolution

    def call(self, inputs, training=None):
        """The map and what it attends to; see the class."""
        switches = {"training": training} if self.spectral_normalization else {}
        queries = _positions(self.query(inputs, **switches))
        keys = _positions(_pool(self.key(inputs, **switches)))
        values = _positions(_pool(self.value(inputs, **switches)))
        similarity = ops.matmul(queries, ops.transpose(keys, (0, 2, 1)))
        attention = ops.softmax(ops.cast(similarity, "float32"), axis=-1)
        attended = ops.matmul(ops.cast(attention, values.dtype), values)
        height, width = inputs.shape[1:3]
        attended = ops.reshape(attended, (-1, height, width, values.shape[-1]))
        outputs = self.output_projection(attended, **switches)
        return ops.cast(self.gate, outputs.dtype) * outputs + inputs

    def compute_output_shape(self, input_shape):
        """Shape of the inputs."""
        return tuple(input_shape)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "spectral_normalization": self.spectral_normalization,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def _positions(maps):
    _, height, width, channels = maps.shape
    return ops.reshape(maps, (-1, height * width, channels))


def _pool(maps):
    return ops.max_pool(maps, 2, strides=2, padding="valid", data_format="channels_last")
