"""Weight clipping of a whole discriminator."""

from keras_san.layers.weight_clip import WeightClip


class _OfTheScheme(WeightClip):
    """A constraint that `clip_weights` set, and may take off again."""


def clip_weights(network, limit):
    """Constrains every weight that has no constraint of its own; None takes that off again."""
    for variable in network.trainable_variables:
        if variable.constraint is None or isinstance(variable.constraint, _OfTheScheme):
            variable.constraint = None if limit is None else _OfTheScheme(limit)
