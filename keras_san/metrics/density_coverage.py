"""Density and coverage."""

import numpy as np

from keras_san.metrics.blocks import distance_blocks, squared_radii
from keras_san.metrics.checks import check_count, check_pair
from keras_san.metrics.estimate import Estimate
from keras_san.metrics.precision_recall import share


def density_coverage(real, fake, neighbours=5):
    """How densely the fake lie among the real, and how many of the real have a fake near.

    Use it beside or in place of precision and recall: only balls around real images count, so
    outliers among the fake cannot raise the recall, and an outlier among the real, whose ball is
    large, cannot raise the precision by itself.

    Args:
        real: float array `(count, dimension)`.
        fake: the same, of the same dimension.
        neighbours: int, the k of the balls around the real samples. Defaults to `5`.

    Returns:
        `{"density": Estimate, "coverage": Estimate}`. Density is about 1 for equal distributions
        and may exceed it; coverage is a share from 0 to 1, at most about `1 - 2 ** -neighbours`
        for equal distributions and counts. The standard errors take the balls as given.

    Raises:
        ValueError: if dimensions differ, features are not finite, or the real set has no more
            samples than `neighbours`.

    Example:

    ```python
    import keras_san
    import numpy as np

    random = np.random.default_rng(0)
    real, fake = random.normal(size=(200, 4)), random.normal(size=(200, 4))
    print(keras_san.metrics.density_coverage(real, fake))
    ```

    Reference: Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models", 2020,
    equations 3 and 4.
    """
    real, fake = check_pair(real, fake)
    check_count("The real set", len(real), neighbours + 1, f"a neighbour number {neighbours}")
    radii = squared_radii(real, neighbours)
    balls = np.empty(len(fake))
    covered = np.zeros(len(real), bool)
    for rows, distances in distance_blocks(fake, real):
        inside = distances <= radii
        balls[rows] = inside.sum(axis=1)
        covered |= inside.any(axis=0)
    balls /= neighbours
    error = float(balls.std(ddof=1) / np.sqrt(len(balls))) if len(balls) > 1 else None
    return {"density": Estimate(float(balls.mean()), error), "coverage": share(covered)}
