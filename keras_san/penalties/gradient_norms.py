"""Squared length of the discriminator's gradient by images."""

from keras import ops

from keras_san import backend


def squared_gradient_norms(score, images):
    """`||d score(x) / dx||^2` of each image, tensor `(batch,)` of float32, differentiable."""
    gradient = ops.cast(backend.input_gradient(score, images), "float32")
    return ops.sum(ops.square(gradient), axis=(1, 2, 3))


def distance_from_unit_length(squares):
    """`(sqrt(squares) - 1)^2`, with a derivative at zero too: a dead critic must not make a NaN."""
    return ops.square(ops.sqrt(squares + 1e-12) - 1.0)
