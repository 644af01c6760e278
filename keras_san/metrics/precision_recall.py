"""Improved precision and recall."""

import numpy as np

from keras_san.metrics.blocks import distance_blocks, squared_radii
from keras_san.metrics.checks import check_count, check_pair
from keras_san.metrics.estimate import Estimate


def precision_recall(real, fake, neighbours=3):
    """How much of the fake lies among the real (precision), and of the real among the fake.

    Use it to tell a model that draws badly from one that draws little: precision is fidelity,
    recall is variety. Each set is taken for the union of balls around its samples that reach to
    their k-th nearest neighbour. Both depend on the number of images of each set: compare values of
    equal counts only.

    Args:
        real: float array `(count, dimension)`.
        fake: the same, of the same dimension.
        neighbours: int, the k of the balls. Defaults to `3`.

    Returns:
        `{"precision": Estimate, "recall": Estimate}`, shares from 0 to 1. The standard errors are
        binomial: the balls are taken as given.

    Raises:
        ValueError: if dimensions differ, features are not finite, or a set has no more samples
            than `neighbours`.

    Example:

    ```python
    import keras_san
    import numpy as np

    random = np.random.default_rng(0)
    real, fake = random.normal(size=(200, 4)), 0.1 * random.normal(size=(200, 4))
    scores = keras_san.metrics.precision_recall(real, fake)
    assert scores["precision"].value > 0.9 > scores["recall"].value
    ```

    Reference: Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative
    Models", 2019, equations 1 and 2.
    """
    real, fake = check_pair(real, fake)
    for name, features in (("The real set", real), ("The fake set", fake)):
        check_count(name, len(features), neighbours + 1, f"a neighbour number {neighbours}")
    real_radii, fake_radii = squared_radii(real, neighbours), squared_radii(fake, neighbours)
    inside_fake = np.zeros(len(real), bool)
    inside_real = np.zeros(len(fake), bool)
    for rows, distances in distance_blocks(fake, real):
        inside_real[rows] = (distances <= real_radii).any(axis=1)
        inside_fake |= (distances <= fake_radii[rows, None]).any(axis=0)
    return {"precision": share(inside_real), "recall": share(inside_fake)}


def share(hits):
    """The share of what is true, with its binomial standard error."""
    value = float(np.mean(hits))
    return Estimate(value, float(np.sqrt(value * (1.0 - value) / len(hits))))
