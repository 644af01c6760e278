"""Gradient accumulation: the mean over the parts of a batch."""

import keras


def mean_of_parts(gradients_of, loss_fn):
    """Mean gradients and logs of a loss function or of several, taken one after the other.

    Args:
        gradients_of: function of a loss function to `(gradients, logs)`.
        loss_fn: function, or a list of functions.
    """
    if callable(loss_fn):
        return gradients_of(loss_fn)
    first, *others = loss_fn
    total = gradients_of(first)
    for other in others:
        total = keras.tree.map_structure(lambda a, b: a + b, total, gradients_of(other))
    return keras.tree.map_structure(lambda value: value / len(loss_fn), total)
