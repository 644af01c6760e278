"""Keras's weight regularizers, which join the loss of their own network."""

from keras import ops


def regularization(network):
    """The sum of the regularizers of a network's trainable weights, a scalar of float32, or 0."""
    terms = [
        ops.cast(weight.regularizer(weight), "float32")
        for weight in network.trainable_variables
        if getattr(weight, "regularizer", None) is not None
    ]
    return sum(terms)


def refuse_activity_regularizers(*networks):
    """Raises a `ValueError` where a layer asks for a loss that training does not add."""
    for layer in (layer for network in networks for layer in network._flatten_layers()):
        if getattr(layer, "activity_regularizer", None) is not None:
            raise ValueError(
                f"The layer {layer.name!r} has an `activity_regularizer`, which training a GAN "
                "does not add to a loss, nor what `add_loss` is given. Write it as a "
                "`keras_san.penalties.Penalty`; regularizers of weights work."
            )
