"""Spectral normalisation that trains alike on every backend."""

import keras
from keras import ops

from keras_san import backend
from keras_san.layers.conv2d import Conv2D
from keras_san.layers.conv2d_transpose import Conv2DTranspose
from keras_san.layers.unit_sphere import UnitDirection


@keras.saving.register_keras_serializable(package="keras_san")
class SpectralNormalization(keras.layers.Wrapper):
    """Divides the kernel of a layer by an estimate of its largest singular value.

    Use it around the layers of a discriminator, to bound its Lipschitz constant. The wrapped
    layer keeps its raw kernel, which is what the optimizer trains; the gradient passes through
    the norm. A training call does `power_iterations` steps of the power iteration and keeps the
    vector; an inference call uses the vector as it stands, so both agree. (The layer of this name
    in Keras overwrites the kernel or ignores the norm, by backend and mode.)

    Formula, `W` the kernel as a matrix with one row an output channel:
    ```
    v = W^T u / ||W^T u||,  u = W v / ||W v||,  sigma = u^T W v,  output = layer with W / sigma
    ```

    Args:
        layer: a `Dense`, `Conv2D`, `Conv2DTranspose` or `Embedding` layer.
        power_iterations: int, steps a training call. Defaults to `1`.
        epsilon: float, the least norm to divide by. Defaults to `1e-12`.
        **kwargs: of `keras.layers.Wrapper`.

    Call arguments:
        inputs: of the wrapped layer.
        training: bool, whether the power iteration moves on.

    Returns:
        The output of the wrapped layer with the normalised kernel.

    Raises:
        ValueError: if the layer is of another kind.

    Example:
    ```python
    import keras
    import numpy as np
    from keras_san.layers import SpectralNormalization

    layer = SpectralNormalization(keras.layers.Dense(4))
    layer(np.ones((2, 8), "float32"), training=True).shape  # (2, 4)
    ```

    Reference: Miyato et al., "Spectral Normalization for Generative Adversarial Networks", ICLR
    2018, algorithm 1.
    """

    def __init__(self, layer, power_iterations=1, epsilon=1e-12, **kwargs):
        # The power iteration reads the kernel in full precision; `call` casts what it passes on.
        # Keras ignores `autocast=False` in an outermost call, unless the layer's own policy agrees.
        policy = keras.dtype_policies.get(kwargs.pop("dtype", None) or layer.dtype_policy)
        super().__init__(layer, autocast=False, dtype=policy.variable_dtype, **kwargs)
        if not isinstance(power_iterations, int) or power_iterations < 1:
            raise ValueError(
                "`power_iterations` must be a positive integer. "
                f"Received: power_iterations={power_iterations!r}"
            )
        self._apply = _functional_form(layer)
        self.power_iterations = power_iterations
        self.epsilon = epsilon

    def build(self, input_shape=None):
        """Builds the wrapped layer and the vector `u`, of as many numbers as it has outputs."""
        if not self.layer.built:
            self.layer.build(input_shape)
        self.vector = self.add_weight(
            name="vector",
            shape=(self._output_size(),),
            initializer=UnitDirection(keras.initializers.RandomNormal(stddev=1.0), axis=0),
            trainable=False,
            dtype=self.variable_dtype,
        )
        self.built = True

    def _output_size(self):
        shape = self.kernel.shape
        if isinstance(self.layer, keras.layers.Embedding):
            return shape[0]
        return shape[-2 if isinstance(self.layer, keras.layers.Conv2DTranspose) else -1]

    @property
    def kernel(self):
        """The raw kernel of the wrapped layer, which the optimizer trains."""
        if isinstance(self.layer, keras.layers.Embedding):
            return self.layer.embeddings
        return self.layer.kernel

    def _matrix(self, kernel):
        """The kernel as a matrix with one row an output channel (an embedding as it stands)."""
        if isinstance(self.layer, keras.layers.Embedding):
            return kernel
        if isinstance(self.layer, keras.layers.Conv2DTranspose):
            return ops.reshape(ops.transpose(kernel, (2, 0, 1, 3)), (kernel.shape[2], -1))
        return ops.transpose(ops.reshape(kernel, (-1, kernel.shape[-1])))

    def normalized_kernel(self, training=False):
        """The kernel over its largest singular value, in the variable's dtype.

        Args:
            training: bool, whether the power iteration moves on.
        """
        kernel = ops.convert_to_tensor(self.kernel)
        iterations = self.power_iterations if training else 0
        matrix = self._matrix(kernel)
        return kernel / spectral_norm(matrix, self.vector, iterations, self.epsilon)

    def call(self, inputs, training=False):
        """The wrapped layer with the normalised kernel; see the class."""
        kernel = self.normalized_kernel(training)
        return self._apply(self.layer, inputs, ops.cast(kernel, self.layer.compute_dtype))

    def compute_output_shape(self, input_shape):
        """Shape of the wrapped layer's output."""
        return self.layer.compute_output_shape(input_shape)

    def compute_output_spec(self, inputs, training=False):
        """What a symbolic call gives, in the dtype that the wrapped layer computes in."""
        shape = self.compute_output_shape(inputs.shape)
        return keras.KerasTensor(shape, dtype=self.layer.compute_dtype)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "power_iterations": self.power_iterations,
            "epsilon": self.epsilon,
        }


def spectral_norm(matrix, vector, iterations, epsilon=1e-12):
    """An estimate of the largest singular value of a matrix, with gradient through the matrix.

    Args:
        matrix: tensor `(rows, columns)`.
        vector: variable `(rows,)`, the left vector; it takes what the iterations make of it.
        iterations: int, steps of the power iteration, 0 in inference.
        epsilon: float, the least norm to divide by.
    """
    left = ops.convert_to_tensor(vector)
    value, left = backend.power_iteration(matrix, left, iterations, epsilon)
    if iterations:
        vector.assign(left)
    return value


def _dense(layer, inputs, kernel):
    return _finish(layer, ops.matmul(ops.cast(inputs, kernel.dtype), kernel))


def _convolution(layer, inputs, kernel):
    outputs = ops.conv(
        ops.cast(inputs, kernel.dtype),
        kernel,
        strides=layer.strides,
        padding=layer.padding,
        data_format=layer.data_format,
        dilation_rate=layer.dilation_rate,
    )
    return _finish(layer, outputs, axis=1 if layer.data_format == "channels_first" else -1)


def _own_convolution(layer, inputs, kernel):
    return layer.convolve(ops.cast(inputs, kernel.dtype), kernel)


def _embedding(layer, inputs, kernel):
    return ops.take(kernel, ops.cast(inputs, "int32"), axis=0)


def _finish(layer, outputs, axis=-1):
    if layer.use_bias:
        bias = ops.cast(layer.bias, outputs.dtype)
        outputs = outputs + (bias if axis == -1 else ops.reshape(bias, (-1, 1, 1)))
    return outputs if layer.activation is None else layer.activation(outputs)


_FUNCTIONAL_FORMS = {
    keras.layers.Dense: _dense,
    Conv2D: _own_convolution,
    Conv2DTranspose: _own_convolution,
    keras.layers.Conv2D: _convolution,
    keras.layers.Embedding: _embedding,
}


def _functional_form(layer):
    for kind, function in _FUNCTIONAL_FORMS.items():
        if not isinstance(layer, kind):
            continue
        if type(layer).call is not kind.call:
            raise ValueError(
                f"{type(layer).__name__} has a `call` of its own, which spectral normalisation "
                "would pass over: it computes the layer itself, with another kernel. Give a "
                f"{kind.__name__}, with what `call` adds in a layer behind it."
            )
        return function
    raise ValueError(
        "Spectral normalisation needs a layer with a kernel: Dense, Conv2D, Embedding or "
        f"keras_san.layers.Conv2DTranspose. Received: {type(layer).__name__}"
    )
