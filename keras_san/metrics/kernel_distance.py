"""Kernel distance: the squared maximum mean discrepancy with a cubic kernel, unbiased."""

import numpy as np

from keras_san.metrics.blocks import row_blocks
from keras_san.metrics.checks import check_count, check_pair
from keras_san.metrics.estimate import Estimate


def kernel_distance(real, fake, subsets=None, subset_size=1000, seed=0):
    """The kernel distance (KID) of two sets of features, unbiased at any sample count.

    Use it to compare models: unlike the Fréchet distance it does not depend on the number of
    images, and its standard error says what a difference is worth. The kernel is
    `(x . y / dimension + 1) ** 3`. All pairs are used, in blocks, so memory does not grow with
    their number; `subsets` gives the mean over random subsets instead, as torch-fidelity does.

    Args:
        real: float array `(count, dimension)`.
        fake: the same, of the same dimension; the counts may differ.
        subsets: int, number of random subsets; `None` takes all pairs. Defaults to `None`.
        subset_size: int, images of each kind in a subset. Defaults to `1000`.
        seed: int, of the subsets. Defaults to `0`.

    Returns:
        `Estimate`; about 0 for equal distributions (it may be negative), lower is better. The
        standard error is that of the statistic's first-order expansion, or, with `subsets`, the
        deviation over the subsets corrected for what they share; `None` where the smaller set is
        one subset, as all of them are alike then.

    Raises:
        ValueError: if dimensions differ, features are not finite, or there are too few.

    Example:

    ```python
    import keras_san
    import numpy as np

    random = np.random.default_rng(0)
    real, fake = random.normal(size=(200, 4)), random.normal(1.0, size=(200, 4))
    print(keras_san.metrics.kernel_distance(real, fake))
    ```

    Reference: Bińkowski et al., "Demystifying MMD GANs", 2018, section 4; Gretton et al., "A Kernel
    Two-Sample Test", 2012, equation 3.
    """
    real, fake = check_pair(real, fake)
    check_count("The smaller set", min(len(real), len(fake)), 2, "the kernel distance")
    if subsets is None:
        return _of_all_pairs(real, fake)
    check_count("The smaller set", min(len(real), len(fake)), subset_size, "subset_size")
    random = np.random.default_rng(seed)
    values = np.empty(subsets)
    for index in range(subsets):
        parts = (random.choice(len(x), subset_size, replace=False) for x in (real, fake))
        values[index] = _of_all_pairs(*(x[i] for x, i in zip((real, fake), parts, strict=True)))
    return _mean_of_subsets(values, subset_size, min(len(real), len(fake)))


def _mean_of_subsets(values, size, count):
    error = None
    if len(values) > 1 and size < count:
        # Subsets of one finite set vary less than sets of their own, by 1 - size / count; the mean
        # over all of them varies as the whole set does, by size / count, and few are not all.
        parts = size / (count - size) + 1.0 / len(values)
        error = float(values.std(ddof=1) * np.sqrt(parts))
    return Estimate(float(values.mean()), error)


def _of_all_pairs(real, fake):
    n, m = len(real), len(fake)
    within_real, _ = _kernel_sums(real, real)
    within_fake, _ = _kernel_sums(fake, fake)
    across_real, across_fake = _kernel_sums(real, fake)
    value = within_real.sum() / (n * (n - 1)) + within_fake.sum() / (m * (m - 1))
    value -= 2.0 * across_real.sum() / (n * m)
    variance = 4.0 * np.var(within_real / (n - 1) - across_real / m) / n
    variance += 4.0 * np.var(within_fake / (m - 1) - across_fake / n) / m
    return Estimate(float(value), float(np.sqrt(variance)))


def _kernel_sums(left, right):
    """Sums of the kernel over the columns and the rows, each with itself left out."""
    same = left is right
    scale = 1.0 / left.shape[1]
    over_right, over_left = np.zeros(len(left)), np.zeros(len(right))
    for rows, x in row_blocks(left):
        # The kernel matrix of a set with itself is symmetric: the blocks above its diagonal do.
        for columns, y in row_blocks(right, start=rows.start if same else 0):
            kernel = x @ y.T
            kernel *= scale
            kernel += 1.0
            kernel *= kernel * kernel
            if same and rows == columns:
                np.fill_diagonal(kernel, 0.0)
            over_right[rows] += kernel.sum(axis=1)
            if not same:
                over_left[columns] += kernel.sum(axis=0)
            elif rows != columns:
                over_right[columns] += kernel.sum(axis=0)
    return over_right, over_left
