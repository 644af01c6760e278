"""Dense SAN head."""

import keras
from keras import ops

from keras_san.layers.san_head import SANHead


@keras.saving.register_keras_serializable(package="keras_san")
class SANDense(SANHead):
    """The last dense layer of a discriminator, as a direction on the unit sphere.

    Use it where the discriminator had `keras.layers.Dense(1)`; a new head equals the plain layer
    (the scale starts at the norm of what the initializer draws).

    Formula, for each unit:
    ```
    output = <inputs + bias, kernel / ||kernel||> * scale
    ```

    Args:
        units: int, number of directions. Defaults to `1`.
        use_bias: bool, whether to add a bias to the *inputs*. There is no output bias: it is not
            part of `<w, h>`. Defaults to `True`.
        kernel_initializer: draws the kernel whose direction and norm the head starts from.
            Defaults to `"glorot_uniform"`.
        **kwargs: `normalize`, `stop_gradient` and `scale_unit` (see `keras_san.layers.SANHead`),
            and those of `keras.layers.Layer`.

    Call arguments:
        inputs: tensor `(..., features)`.
        direction_pair: bool, whether to return `(fun, dir)` in place of one tensor.

    Returns:
        Tensor `(..., units)` of float32, or a pair of them.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import SANDense

    head = SANDense(1)
    features = np.ones((2, 8), "float32")
    score = head(features)  # (2, 1)
    fun, direction = head(features, direction_pair=True)
    ```

    Reference: Takida et al., "SAN", ICLR 2024, equations 9 and 10.
    """

    def __init__(self, units=1, use_bias=True, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        if not isinstance(units, int) or units < 1:
            raise ValueError(f"`units` must be a positive integer. Received: units={units!r}")
        self.units = units
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.input_spec = keras.layers.InputSpec(min_ndim=2)

    def build(self, input_shape):
        """Creates kernel `(features, units)`, scale `(units,)` and bias `(features,)`."""
        features = input_shape[-1]
        self.kernel, self.scale = self._add_direction(
            "kernel", (features, self.units), (self.units,), 0, self.kernel_initializer
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(features,), initializer="zeros")

    def call(self, inputs, direction_pair=False):
        """Scores of `inputs`; see the class."""
        if self.bias is not None:
            inputs = inputs + self.bias
        direction = self._normalized(self.kernel, axis=0)
        return self._output(ops.matmul, inputs, direction, self.scales(), direction_pair)

    def compute_output_shape(self, input_shape):
        """Shape of the output, or of each tensor of the pair."""
        return (*input_shape[:-1], self.units)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "units": self.units,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
