"""A number that changes while training goes on and is saved with the model."""

import keras


def running_number(value, name):
    """A scalar variable that no optimizer moves, equal on all devices.

    Its type is explicit from the start. JAX takes a variable made from a Python number for one of
    another (weak) type than what the first step puts in its place, and compiles the step twice.

    Args:
        value: float to begin with.
        name: string, under which it is saved.
    """
    return keras.Variable(
        keras.initializers.Constant(value),
        shape=(),
        trainable=False,
        aggregation="mean",
        name=name,
    )
