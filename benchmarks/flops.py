"""Floating-point operations of a network, counted while it runs once on one sample."""

import contextlib
import math

import numpy as np
from keras import ops

from keras_san.layers import Projection, SANProjection, SelfAttention2D, SpectralNormalization


def forward_flops(network, inputs):
    """Operations of a forward pass a sample: two for every product of a layer with a kernel.

    Normalisation, activations and additions are left out: they are few beside the products.

    Args:
        network: `keras.Model`.
        inputs: what it takes, a batch of one.
    """
    counted = []
    with contextlib.ExitStack() as stack:
        inner = {
            id(layer.layer)
            for layer in network._flatten_layers()
            if isinstance(layer, SpectralNormalization)
        }
        for layer in network._flatten_layers():
            if id(layer) in inner:
                continue
            if getattr(layer, "kernel", None) is not None or isinstance(layer, SelfAttention2D):
                stack.enter_context(_watched(layer, counted))
        network(inputs, training=False)
    return 2 * sum(counted)


@contextlib.contextmanager
def _watched(layer, counted):
    """Adds the products of each call of a layer to a list."""
    call = layer.call

    def watched(inputs, *arguments, **kwargs):
        outputs = call(inputs, *arguments, **kwargs)
        counted.append(_products(layer, inputs, outputs))
        return outputs

    object.__setattr__(layer, "call", watched)
    try:
        yield
    finally:
        object.__delattr__(layer, "call")


def _products(layer, inputs, outputs):
    if isinstance(layer, SelfAttention2D):
        positions = math.prod(inputs.shape[1:3])
        widths = layer.query.kernel.shape[-1] + layer.value.kernel.shape[-1]
        return positions * (positions // 4) * widths
    if isinstance(layer, (Projection, SANProjection)):
        return 2 * inputs[0].shape[-1]
    size = math.prod(layer.kernel.shape)
    inner = getattr(layer, "layer", layer)
    if len(layer.kernel.shape) != 4:
        return size
    transposed = "Transpose" in type(inner).__name__
    return size * math.prod((inputs if transposed else outputs).shape[1:3])


def training_flops(generator, discriminator, discriminator_steps):
    """Operations of a training step an image, from those of the two forward passes.

    A backward pass counts as two forward passes. An update of the discriminator generates an
    image and trains on it and on a real one; an update of the generator trains it through the
    discriminator, whose own weights need no gradient.

    Args:
        generator: operations of its forward pass.
        discriminator: operations of its forward pass.
        discriminator_steps: int, updates of the discriminator to one of the generator.
    """
    update = generator + 2 * 3 * discriminator
    return update + (3 * generator + 2 * discriminator) / discriminator_steps


def one_sample(model):
    """Inputs of generator and discriminator of a model, a batch of one."""
    latents = ops.convert_to_tensor(np.zeros((1, model.latent_dim), "float32"))
    images = ops.convert_to_tensor(np.zeros((1, *model.image_shape), "float32"))
    if not model.num_classes:
        return latents, images
    labels = ops.convert_to_tensor(np.zeros(1, "int32"))
    return [latents, labels], [images, labels]
