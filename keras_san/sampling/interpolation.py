"""Latent vectors on the way from one to another."""

import numpy as np


def linear_interpolation(start, end, count):
    """Latent vectors on the straight line between two, both ends among them.

    Use it where the latents are not normal. The middle of a line between two normal vectors is
    shorter than any that training drew: there `spherical_interpolation` gives better images.

    Args:
        start: array `(latent_dim,)`.
        end: array `(latent_dim,)`.
        count: int, at least 2.

    Returns:
        Array `(count, latent_dim)` of float32.

    Raises:
        ValueError: if the vectors do not fit or `count` is less than 2.

    Example:
    ```python
    from keras_san.sampling import latents, linear_interpolation

    linear_interpolation(*latents([0, 1], 128), count=8).shape  # (8, 128)
    ```
    """
    start, end, shares = _checked(start, end, count)
    return ((1.0 - shares) * start + shares * end).astype("float32")


def spherical_interpolation(start, end, count):
    """Latent vectors on the arc between two, both ends among them.

    Use it for normal latents, whose lengths all lie close to `sqrt(latent_dim)`. The direction
    turns by equal angles, and the length changes linearly.

    Args:
        start: array `(latent_dim,)`, not zero.
        end: array `(latent_dim,)`, not zero.
        count: int, at least 2.

    Returns:
        Array `(count, latent_dim)` of float32.

    Raises:
        ValueError: if the vectors do not fit, one is zero, or they point in opposite directions,
            or `count` is less than 2.

    Example:
    ```python
    from keras_san.sampling import latents, spherical_interpolation

    spherical_interpolation(*latents([0, 1], 128), count=8).shape  # (8, 128)
    ```

    Reference: White, "Sampling Generative Networks", 2016, section 2.1.
    """
    start, end, shares = _checked(start, end, count)
    lengths = np.linalg.norm(start), np.linalg.norm(end)
    if min(lengths) == 0.0:
        raise ValueError("A zero vector has no direction: use `linear_interpolation`.")
    first, last = start / lengths[0], end / lengths[1]
    angle = 2.0 * np.arctan2(np.linalg.norm(first - last), np.linalg.norm(first + last))
    if np.pi - angle < 1e-6:
        raise ValueError(
            "The vectors point in opposite directions, between which there is no shortest arc: "
            "use `linear_interpolation`, or another seed."
        )
    # sin(a t) / sin(a) is 0 / 0 for parallel vectors; its limit is t.
    weights = np.sinc(np.stack([1.0 - shares, shares]) * angle / np.pi) / np.sinc(angle / np.pi)
    directions = weights[0] * (1.0 - shares) * first + weights[1] * shares * last
    return (directions * ((1.0 - shares) * lengths[0] + shares * lengths[1])).astype("float32")


INTERPOLATIONS = {"linear": linear_interpolation, "spherical": spherical_interpolation}


def _checked(start, end, count):
    """Both ends in float64, and the share of the way for each vector, `(count, 1)`."""
    start, end = np.asarray(start, "float64"), np.asarray(end, "float64")
    if start.ndim != 1 or start.shape != end.shape:
        raise ValueError(
            f"Expected two vectors of one length. Received shapes: {start.shape} and {end.shape}"
        )
    if count < 2:
        raise ValueError(f"`count` must be at least 2, the two ends. Received: count={count!r}")
    return start, end, np.linspace(0.0, 1.0, count)[:, None]
