"""Rows that begin alike."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_san")
class AlikeRows(keras.initializers.Initializer):
    """Draws one row and repeats it: the classes of an embedding begin as one and part in training.

    Args:
        initializer: of Keras, draws the row.
    """

    def __init__(self, initializer):
        self.initializer = keras.initializers.get(initializer)

    def __call__(self, shape, dtype=None):
        """A tensor of a shape, all rows the same."""
        row = self.initializer((1, *shape[1:]), dtype=dtype)
        # Added, not repeated: on PyTorch that would be one row of memory for all.
        return ops.zeros(shape, row.dtype) + row

    def get_config(self):
        """The arguments of the constructor."""
        return {"initializer": keras.initializers.serialize(self.initializer)}
