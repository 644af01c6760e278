"""What the SAN heads share: float32, the pair call, the ablation switches."""

import math

import keras
from keras import ops

from keras_san.layers.unit_sphere import DirectionScale, UnitDirection, UnitSphere, direction_norm


class SANHead(keras.layers.Layer):
    """Base of the last linear layers of a Slicing Adversarial Network.

    A head computes `<w, h> * scale` with `w` on the unit sphere. Called with
    `direction_pair=True` it returns two tensors of the same value:

    - `fun`: the direction detached; features, scale and bias learn from it alone;
    - `dir`: features and scale detached; the direction learns from it alone.

    The head computes in float32, also under a mixed precision policy: it overflows in float16.

    Args:
        normalize: bool. `False` leaves the weight off the sphere: the ablation "no
            normalisation". Defaults to `True`.
        stop_gradient: bool. `False` detaches nothing in the pair: the ablation "no
            stop-gradient". Defaults to `True`. The third ablation, "no direction loss", is
            `keras_san.SANModel(..., direction_weight=0.0)`.
        scale_unit: float, the unit in which the weight `scale` counts, or `"sqrt"` for the root
            of the number of entries of a direction. Adam moves each number by about the learning
            rate: one number for the scale, `n` for the kernel of a plain layer, whose norm so
            moves `sqrt(n)` times as far. `"sqrt"` gives the scale the pace of the norm that it
            stands for. Matters most behind a trunk that cannot grow, such as one under spectral
            normalisation. Defaults to `1.0`, as in the authors' modules.
        **kwargs: of `keras.layers.Layer`.

    Raises:
        ValueError: if `scale_unit` is neither a positive number nor `"sqrt"`.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import SANDense, SANHead

    head = SANDense(1)
    isinstance(head, SANHead)  # True
    fun, direction = head(np.ones((2, 8), "float32"), direction_pair=True)
    ```

    Reference: Takida et al., "SAN: Inducing Metrizability of GAN with Discriminative Normalized
    Linear Layer", ICLR 2024, equations 9 and 10.
    """

    def __init__(self, normalize=True, stop_gradient=True, scale_unit=1.0, **kwargs):
        policy = keras.dtype_policies.get(kwargs.pop("dtype", None) or keras.config.dtype_policy())
        kwargs["dtype"] = policy.variable_dtype
        super().__init__(**kwargs)
        if scale_unit != "sqrt" and not (
            isinstance(scale_unit, (int, float)) and 0 < scale_unit < math.inf
        ):
            raise ValueError(
                "`scale_unit` must be a positive number or 'sqrt'. "
                f"Received: scale_unit={scale_unit!r}"
            )
        self.scale_unit = scale_unit
        self.normalize = normalize
        self.stop_gradient = stop_gradient

    def _add_direction(self, name, shape, scale_shape, axis, initializer, factor=1.0):
        """Adds the unit weight and the scale that together equal what `initializer` draws."""
        unit = self._set_unit(math.prod(shape) / math.prod(scale_shape))
        direction_initializer = UnitDirection(initializer, axis) if self.normalize else initializer
        scale_initializer = (
            DirectionScale(initializer, axis, shape, factor / unit)
            if self.normalize
            else keras.initializers.Constant(factor / unit)
        )
        direction = self.add_weight(
            name=name,
            shape=shape,
            initializer=direction_initializer,
            constraint=UnitSphere(axis) if self.normalize else None,
        )
        scale = self.add_weight(name="scale", shape=scale_shape, initializer=scale_initializer)
        return direction, scale

    def _set_unit(self, entries):
        self.unit = math.sqrt(entries) if self.scale_unit == "sqrt" else float(self.scale_unit)
        return self.unit

    def scales(self):
        """What the directions are multiplied by: the weight `scale` in units of one.

        Returns:
            Tensor of the shape of `scale`.
        """
        return ops.convert_to_tensor(self.scale) * self.unit

    def assign_scales(self, values):
        """Sets what `scales` returns.

        Args:
            values: array or tensor of the shape of `scale`.
        """
        self.scale.assign(ops.convert_to_tensor(values) / self.unit)

    def _normalized(self, weight, axis):
        return weight / direction_norm(weight, axis) if self.normalize else weight + 0.0

    def _output(self, product, features, direction, scale, direction_pair):
        """`product(features, direction) * scale`, or its `(fun, dir)` pair."""
        if not direction_pair:
            return product(features, direction) * scale
        detach = ops.stop_gradient if self.stop_gradient else (lambda tensor: tensor)
        fun = product(features, detach(direction)) * scale
        direction_part = product(detach(features), direction) * detach(scale)
        return fun, direction_part

    def compute_output_spec(self, inputs, direction_pair=False):
        """What a symbolic call gives: one tensor, or the pair."""
        shape = self.compute_output_shape(keras.tree.map_structure(lambda x: x.shape, inputs))
        first, second = (keras.KerasTensor(shape, dtype=self.compute_dtype) for _ in range(2))
        return (first, second) if direction_pair else first

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "normalize": self.normalize,
            "stop_gradient": self.stop_gradient,
            "scale_unit": self.scale_unit,
        }
