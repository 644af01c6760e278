"""Latent vectors and labels as a pure function of seeds, the same on every backend."""

import numpy as np


def latents(seeds, latent_dim, truncation=1.0):
    """One latent vector a seed, drawn by NumPy's frozen Mersenne Twister.

    Args:
        seeds: sequence of integers in `[0, 2**32)`.
        latent_dim: int, length of a vector.
        truncation: float in `(0, 1]`. At 1 the normal distribution that training uses; below it
            `truncation` times a normal distribution truncated to `[-2, 2]`: less variety, better
            images. Defaults to `1.0`.

    Returns:
        Array `(len(seeds), latent_dim)` of float32.

    Raises:
        ValueError: if a seed or the truncation is out of range.

    Example:
    ```python
    from keras_san.sampling import latents

    latents(range(4), latent_dim=128).shape  # (4, 128)
    ```

    Reference: Brock et al., "Large Scale GAN Training", ICLR 2019, section 3.1.
    """
    if not 0.0 < truncation <= 1.0:
        raise ValueError(
            f"`truncation` must be in (0, 1], 1 for none. Received: truncation={truncation!r}"
        )
    vectors = [_draw(stream, latent_dim, truncation) for stream in _streams(map(_checked, seeds))]
    return np.stack(vectors).astype("float32") if vectors else np.zeros((0, latent_dim), "float32")


def random_labels(seeds, num_classes, shares=None):
    """One randomly drawn class a seed, independent of the seed's latent vector.

    Args:
        seeds: sequence of integers in `[0, 2**32)`.
        num_classes: int.
        shares: float array `(num_classes,)`, in which proportion the classes come. Defaults to
            `None`, all alike.

    Returns:
        Array `(len(seeds),)` of int32.

    Example:
    ```python
    from keras_san.sampling import random_labels

    random_labels(range(4), num_classes=10).shape  # (4,)
    ```
    """
    # A stream of its own: a label must not depend on how many numbers a latent vector took.
    streams = _streams([_checked(seed), 1] for seed in seeds)
    if shares is None:
        return np.asarray([stream.randint(num_classes) for stream in streams], "int32")
    ends = np.cumsum(shares) / np.sum(shares)
    drawn = [np.searchsorted(ends, stream.random_sample(), side="right") for stream in streams]
    return np.asarray(drawn, "int32")


def _streams(keys):
    """A fresh `numpy.random.RandomState(key)` for each key, one after the other."""
    # Seeding one anew takes far less time than making one.
    stream = np.random.RandomState(0)
    for key in keys:
        stream.seed(key)
        yield stream


def _draw(generator, latent_dim, truncation):
    vector = generator.standard_normal(latent_dim)
    if truncation < 1.0:
        while (outside := np.abs(vector) > 2.0).any():
            vector[outside] = generator.standard_normal(outside.sum())
        vector *= truncation
    return vector


def _checked(seed):
    if int(seed) != seed or not 0 <= seed < 2**32:
        raise ValueError(f"A seed must be an integer in [0, 2**32). Received: {seed!r}")
    return int(seed)
