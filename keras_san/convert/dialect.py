"""How a codebase names and lays out the tensors of its layers."""

import dataclasses
from collections.abc import Callable

import numpy as np

from keras_san.convert import layouts

ATTENTION_PARTS = ("query", "key", "value", "output_projection")


@dataclasses.dataclass(frozen=True)
class Dialect:
    """The names of a codebase; each method gives the part of a mapping that one layer needs.

    Args:
        weight: what is appended to a layer's name for its kernel.
        left: the same for the vector of the spectral normalisation, None without it.
        right: the same for the second vector, where the codebase stores it.
        bias: the same for the bias.
        spectral_weight: the same for a spectrally normalised kernel.
        convolution_layout: function of the kernel of a convolution.
        dense_layout: function of the kernel of a dense layer.
        as_matrix: function that makes a kernel a matrix with a row an output channel.
        vector_layout: function of vectors.
        mean, variance: what is appended to a batch normalisation's name.
        statistic_layout: function of mean and variance.
    """

    weight: str = ".weight"
    spectral_weight: str = ".weight"
    left: str | None = None
    right: str | None = None
    bias: str = ".bias"
    convolution_layout: Callable = layouts.convolution
    dense_layout: Callable = layouts.dense
    as_matrix: Callable = lambda array: array.reshape(len(array), -1)
    vector_layout: Callable = layouts.as_it_is
    mean: str = ".running_mean"
    variance: str = ".running_var"
    statistic_layout: Callable = layouts.as_it_is

    def convolution(self, path, name, use_bias=True, spectral=True):
        """A `Conv2D`, within `SpectralNormalization` if `spectral`."""
        return self._layer(path, name, self.convolution_layout, use_bias, spectral)

    def dense(self, path, name, use_bias=True, spectral=True, inputs=None, outputs=None):
        """A `Dense`; `inputs` and `outputs` are orders of our axes in terms of theirs."""

        def layout(array):
            kernel = self.dense_layout(array)
            kernel = kernel if inputs is None else kernel[inputs]
            return kernel if outputs is None else kernel[:, outputs]

        return self._layer(path, name, layout, use_bias, spectral, outputs)

    def _layer(self, path, name, layout, use_bias, spectral, outputs=None):
        def vector(array):
            array = self.vector_layout(array)
            return array if outputs is None else array[outputs]

        mapping = {f"{path}.kernel": (name + self.weight, layout)}
        if spectral:
            mapping = {f"{path}.kernel": (self._parts(name), self._signed(layout))}
            mapping |= self.spectral(path, name, outputs)
        if use_bias:
            inner = f"{path}.layer.bias" if spectral else f"{path}.bias"
            mapping[inner] = (name + self.bias, vector)
        return mapping

    def spectral(self, path, name, outputs=None):
        """The vector of a `SpectralNormalization`, of the kernel and one or two vectors."""

        def layout(kernel, *vectors):
            vector = layouts.spectral_vector(self.as_matrix(kernel), *vectors)
            return vector if outputs is None else vector[outputs]

        return {f"{path}.vector": (self._parts(name), layout)}

    def _parts(self, name):
        """Names of a spectrally normalised kernel and its vectors."""
        return tuple(name + suffix for suffix in (self.spectral_weight, *self._vectors()))

    def _signed(self, layout):
        """A layout of a kernel and its vectors.

        Two vectors that were never trained may give a negative norm. Ours is positive, so the
        kernel takes the sign.
        """

        def signed(kernel, *vectors):
            norm = layouts.spectral_norm_of(self.as_matrix(kernel), *vectors)
            return layout(kernel) * (-1.0 if norm < 0 else 1.0)

        return signed

    def statistics(self, path, name):
        """Moving mean and variance of a batch normalisation."""
        return {
            f"{path}.moving_mean": (name + self.mean, self.statistic_layout),
            f"{path}.moving_variance": (name + self.variance, self.statistic_layout),
        }

    def batch_normalization(self, path, name, gain=".weight", bias=".bias"):
        """A `BatchNormalization` with gain and bias of its own."""
        return self.statistics(path, name) | {
            f"{path}.gamma": (name + gain, self.vector_layout),
            f"{path}.beta": (name + bias, self.vector_layout),
        }

    def class_batch_normalization(self, path, name, gain, bias):
        """A `ClassBatchNormalization` whose gains are stored without the "1 +"."""
        return self.statistics(path, name) | {
            f"{path}.gain": (name + gain, lambda table: table + 1.0),
            f"{path}.bias": name + bias,
        }

    def conditional_batch_normalization(self, path, name, gain, bias, inputs=None):
        """A spectrally normalised `ConditionalBatchNormalization`."""
        return (
            self.statistics(path, name)
            | self.dense(f"{path}.gain", name + gain, use_bias=False, inputs=inputs)
            | self.dense(f"{path}.bias", name + bias, use_bias=False, inputs=inputs)
        )

    def attention(self, path, names, gate):
        """A `SelfAttention2D`; `names` in the order of `ATTENTION_PARTS`."""
        mapping = {f"{path}.gate": (gate, layouts.scalar)}
        for part, name in zip(ATTENTION_PARTS, names, strict=True):
            mapping |= self.convolution(f"{path}.{part}", name, use_bias=False)
        return mapping

    def head(self, dense, embedding=None):
        """The ordinary head: dense alone, or a `Projection` with the embedding of the classes.

        `Projection` divides its shared row by its norm, which is its only singular value; the
        vectors that the codebase stores for it must say the same.
        """
        if embedding is None:
            return self.dense("head", dense)

        def row(kernel, *vectors):
            layouts.check_norm_of_row(self.as_matrix(kernel), *vectors)
            return self.dense_layout(kernel)

        return self.spectral("head", embedding) | {
            "head.kernel": (self._parts(dense), row),
            "head.bias": (dense + self.bias, self.vector_layout),
            "head.embeddings": (self._parts(embedding), self._signed(layouts.as_it_is)),
        }

    def _vectors(self):
        return [suffix for suffix in (self.left, self.right) if suffix]


TORCH = Dialect(spectral_weight=".weight_orig", left=".weight_u", right=".weight_v")


def swapped(first, second):
    """The order that puts the last `second` of `first + second` inputs in front."""
    return np.r_[first : first + second, 0:first]
