"""Random numbers, one an image, `(batch, 1, 1, 1)`."""

import math

import keras
from keras import ops

from keras_san import backend


class Draws:
    """The random numbers of one augmentation, drawn in two calls and handed out one by one.

    A call of its own for each would cost more than the augmentation: in time to compile as well.

    Args:
        images: tensor whose first axis is the batch.
        seed: int or `keras.random.SeedGenerator`.
        uniforms: int, how many uniform numbers an image will be asked for.
        normals: int, how many normal ones. Defaults to `0`.
    """

    def __init__(self, images, seed, uniforms, normals=0):
        count = ops.shape(images)[0]
        self._uniforms = backend.own_rows(
            lambda rows: keras.random.uniform((rows, uniforms), seed=seed), count
        )
        self._normals = normals and backend.own_rows(
            lambda rows: keras.random.normal((rows, normals), seed=seed), count
        )
        self._next = {"uniforms": 0, "normals": 0}

    def _take(self, kind):
        index = self._next[kind]
        self._next[kind] += 1
        return ops.reshape(getattr(self, f"_{kind}")[:, index], (-1, 1, 1, 1))

    def uniform(self, low=0.0, high=1.0):
        """Uniform numbers in `[low, high)`."""
        return low + (high - low) * self._take("uniforms")

    def integer(self, low, high):
        """Whole numbers from `low` to `high`, both included."""
        # Rounding may bring the uniform number up to its bound.
        return ops.minimum(ops.floor(self.uniform(low, high + 1.0)), float(high))

    def normal(self, stddev=1.0):
        """Normal numbers."""
        return stddev * self._take("normals")

    def log_normal(self, stddev):
        """`2^n`, `n` normal."""
        return ops.exp(math.log(2.0) * self.normal(stddev))

    def sometimes(self, probability, value, otherwise):
        """`value` for each image with this probability, else `otherwise`."""
        return ops.where(self.uniform() < probability, value, otherwise)
