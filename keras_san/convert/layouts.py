"""How arrays of other codebases become arrays of Keras: one function a layout."""

import numpy as np


def as_it_is(array):
    """Vectors, embeddings, and kernels that are in Keras's layout already."""
    return array


def dense(array):
    """PyTorch's `Linear`, (out, in), as (in, out)."""
    return array.T


def convolution(array):
    """PyTorch's `Conv2d`, (out, in, height, width), as (height, width, in, out)."""
    return array.transpose(2, 3, 1, 0)


def transposed_convolution(array):
    """PyTorch's `ConvTranspose2d`, (in, out, height, width), as (height, width, out, in)."""
    return array.transpose(2, 3, 1, 0)


def scalar(array):
    """One number, whatever its shape."""
    return array.reshape(())


def vector(array):
    """A vector that has axes of length one."""
    return array.reshape(-1)


LAYOUTS = {
    function.__name__: function
    for function in (as_it_is, dense, convolution, transposed_convolution, scalar, vector)
}


def channels_last(channels, height, width):
    """The order that makes (height, width, channels) of flat (channels, height, width)."""
    return (
        np.arange(channels * height * width)
        .reshape(channels, height, width)
        .transpose(1, 2, 0)
        .ravel()
    )


def spectral_norm_of(matrix, left, right=None):
    """The norm that a codebase divides a kernel by; arguments as of `spectral_vector`."""
    matrix, left = matrix.astype("float64"), left.reshape(-1).astype("float64")
    if right is not None:
        return left @ matrix @ right.reshape(-1)
    return np.linalg.norm(matrix @ (left @ matrix)) / max(np.linalg.norm(left @ matrix), 1e-12)


def spectral_vector(matrix, left, right=None):
    """The vector with which `SpectralNormalization` divides by the norm of another codebase.

    Ours is `||left @ matrix||`. The others' norms differ from it as long as the power iteration
    has not converged, so the vector is scaled until the norms agree. The next training call
    makes it a unit vector again, and goes on as theirs would.

    Args:
        matrix: array `(rows, columns)`, a row an output channel.
        left: array of as many numbers as there are rows.
        right: array of as many numbers as columns, as PyTorch's own `spectral_norm` stores it:
            the norm is `left @ matrix @ right`. None if the norm is that of half an iteration
            more, `||matrix @ unit(left @ matrix)||`, as in BigGAN's code.
    """
    norm = spectral_norm_of(matrix, left, right)
    left = left.reshape(-1).astype("float64")
    ours = np.linalg.norm(left @ matrix)
    return left * (abs(norm) / max(ours, 1e-12))


class UnusableTensorError(ValueError):
    """Tensors of the right shapes whose numbers a network here cannot reproduce."""


def check_norm_of_row(row, *vectors):
    """Raises an error unless the vectors stored for a row give the norm of that row, or nearly."""
    share = spectral_norm_of(row, *vectors) / max(np.linalg.norm(row), 1e-12)
    if abs(share - 1.0) > 0.05:
        raise UnusableTensorError(
            f"the stored vectors give {share:.2f} of the norm; run the network once in training "
            "mode before you save it"
        )
