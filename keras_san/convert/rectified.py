"""Discriminators of codebases whose ReLU works in place."""

import keras

from keras_san.layers.deep_discriminator_block import DeepDiscriminatorBlock
from keras_san.models.discriminator import Discriminator


def rectified(network, head=None):
    """A discriminator in which the shortcuts of the blocks see what the ReLU made.

    A block that begins with a ReLU in place changes its own input, so that its shortcut starts
    behind the ReLU, not before it. mimicry and StudioGAN train and score that way. With a ReLU
    before each such block ours do too.

    Args:
        network: discriminator whose trunk is a chain of layers.
        head: layer, or None for that of `network`. Defaults to `None`.

    Returns:
        `keras_san.models.Discriminator` of the same layers.
    """
    x = images = keras.Input(network.image_shape, name="images")
    for layer in network.trunk.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        if getattr(layer, "preactivation", isinstance(layer, DeepDiscriminatorBlock)):
            x = keras.layers.ReLU(name=f"relu_before_{layer.name}")(x)
        x = layer(x)
    trunk = keras.Model(images, x, name="trunk")
    return Discriminator(trunk, head or network.head, name=network.name)
