"""The constraint that keeps a SAN direction on the unit sphere."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_san")
class UnitSphere(keras.constraints.Constraint):
    """Projects a weight back onto the unit sphere after every optimizer step.

    The SAN heads carry it on their direction, so that every optimizer applies it and nobody can
    forget it. Without it the norm grows and the angular step of Adam dies.

    Args:
        axis: int or tuple of ints, the axes over which the norm is one. Defaults to `0`.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import UnitSphere

    UnitSphere(axis=0)(np.array([[3.0], [4.0]]))  # [[0.6], [0.8]]
    ```

    Reference: Takida et al., "SAN", ICLR 2024, section 5.
    """

    def __init__(self, axis=0):
        self.axis = axis

    def __call__(self, w):
        """Returns `w / max(norm of w over axis, 1e-12)`."""
        w = ops.convert_to_tensor(w)
        return w / direction_norm(w, self.axis)

    def get_config(self):
        """The arguments of the constructor."""
        return {"axis": self.axis}


def direction_norm(weight, axis):
    """Euclidean norm of `weight` over `axis`, kept as dimensions of one, at least 1e-12.

    The floor is under the square root: a zero weight then has a zero gradient, not a NaN.
    """
    squares = ops.sum(ops.square(weight), axis=axis, keepdims=True)
    return ops.sqrt(ops.maximum(squares, 1e-24))


@keras.saving.register_keras_serializable(package="keras_san")
class UnitDirection(keras.initializers.Initializer):
    """The direction that another initializer draws: its value over the norm."""

    def __init__(self, initializer, axis=0):
        # An instance as it is: `get` may hand back a copy, which would draw other values.
        is_instance = isinstance(initializer, keras.initializers.Initializer)
        self.initializer = initializer if is_instance else keras.initializers.get(initializer)
        self.axis = axis

    def get_config(self):
        """The arguments of the constructor."""
        return {
            "initializer": keras.initializers.serialize(self.initializer),
            "axis": self.axis,
        }

    def __call__(self, shape, dtype=None):
        """A weight of `shape` with norm one over `axis`."""
        return UnitSphere(self.axis)(self.initializer(shape, dtype=dtype))


class DirectionScale(keras.initializers.Initializer):
    """The norm of what another initializer draws for a weight of `weight_shape`.

    Keras initializers draw the same values at every call, so this is the norm of the very weight
    that `UnitDirection` normalises.
    """

    def __init__(self, initializer, axis, weight_shape, factor=1.0):
        self.initializer = initializer
        self.axis = axis
        self.weight_shape = weight_shape
        self.factor = factor

    def __call__(self, shape, dtype=None):
        """The norms, reshaped to `shape`."""
        weight = self.initializer(self.weight_shape, dtype=dtype)
        return ops.reshape(direction_norm(weight, self.axis) * self.factor, shape)
