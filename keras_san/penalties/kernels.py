"""Which weights of a network the weight penalties act on."""

from keras_san.layers.san_projection import JointUnitSphere
from keras_san.layers.unit_sphere import UnitSphere


def kernels(network):
    """The trainable kernels of dense and convolutional layers; no SAN direction, no embedding."""
    return [
        variable
        for variable in network.trainable_variables
        if variable.name == "kernel"
        and len(variable.shape) >= 2
        and not isinstance(variable.constraint, UnitSphere | JointUnitSphere)
    ]
