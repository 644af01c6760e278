"""The heads that an architecture offers by name."""

import keras

from keras_san.layers.projection import Projection
from keras_san.layers.san_dense import SANDense
from keras_san.layers.san_projection import SANProjection

HEADS = ("san", "dense")


def make_head(head, num_classes=0, initializer=None, use_bias=True):
    """The last layer of a discriminator: one of `HEADS`, conditional with `num_classes`.

    Args:
        head: string, one of `HEADS`.
        num_classes: int, 0 for an unconditional head. Defaults to `0`.
        initializer: of the kernel, or of the rows with `num_classes`; None for the layer's own.
        use_bias: bool. Defaults to `True`.

    Raises:
        ValueError: if the head is unknown.
    """
    if head not in HEADS:
        raise ValueError(f"Unknown head: {head!r}. Expected one of {', '.join(map(repr, HEADS))}.")
    if num_classes and head == "san":
        return SANProjection(num_classes, embeddings_initializer=initializer, name="head")
    if num_classes:
        return Projection(
            num_classes, use_bias=use_bias, embeddings_initializer=initializer, name="head"
        )
    kernel = {"kernel_initializer": initializer or "glorot_uniform", "use_bias": use_bias}
    if head == "san":
        return SANDense(1, name="head", **kernel)
    return keras.layers.Dense(1, name="head", **kernel)
