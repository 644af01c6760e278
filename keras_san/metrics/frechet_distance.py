"""Fréchet distance between Gaussians fitted to two sets of features."""

import warnings

import numpy as np

from keras_san.metrics.estimate import Estimate
from keras_san.metrics.feature_statistics import FeatureStatistics


def frechet_distance(real, fake):
    """The Fréchet distance of two sets of features, each taken for a Gaussian.

    Use it for numbers beside published ones of the same extractor and sample count: it is biased
    upwards by an amount that depends on both (print the floor beside it), which is why it has no
    standard error here. To compare two models of your own the kernel distance needs fewer images.

    The trace of the square root of the product of covariances is the sum of the singular values of
    a product of two symmetric factors, exact where covariances are singular and a matrix square
    root is not.

    Args:
        real: `FeatureStatistics`, or float array `(count, dimension)`.
        fake: the same, of the same dimension.

    Returns:
        `Estimate`; 0 for equal statistics, lower is better.

    Raises:
        ValueError: if dimensions differ, there are fewer than 2 samples, or features are not
            finite. A warning names the number of samples that the dimension calls for.

    Example:

    ```python
    import keras_san
    import numpy as np

    random = np.random.default_rng(0)
    real, fake = random.normal(size=(500, 4)), random.normal(1.0, size=(500, 4))
    assert 3.5 < keras_san.metrics.frechet_distance(real, fake).value < 4.5
    ```

    Reference: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local
    Nash Equilibrium", 2017, equation 6.
    """
    real, fake = _statistics(real), _statistics(fake)
    if real.dimension != fake.dimension:
        raise ValueError(
            f"Real features have {real.dimension} dimensions, fake ones {fake.dimension}: they "
            "come from different extractors. Extract both with the same one."
        )
    fewest = min(real.count, fake.count)
    if fewest <= real.dimension:
        warnings.warn(
            f"{fewest} samples in {real.dimension} dimensions give a singular covariance: the "
            f"Fréchet distance is then mostly its own bias. Use at least {real.dimension + 1} "
            f"samples, better {10 * real.dimension}, or the kernel distance.",
            stacklevel=2,
        )
    covariances = real.covariance, fake.covariance
    factors = [_factor(covariance) for covariance in covariances]
    overlap = np.linalg.svd(factors[0].T @ factors[1], compute_uv=False).sum()
    difference = real.mean - fake.mean
    value = difference @ difference + sum(map(np.trace, covariances)) - 2.0 * overlap
    # Rounding may leave a little less than nothing.
    return Estimate(float(max(value, 0.0)))


def _statistics(features):
    if isinstance(features, FeatureStatistics):
        return features
    return FeatureStatistics.of(features)


def _factor(covariance):
    """A matrix whose product with its transpose is the covariance, null directions left out."""
    values, vectors = np.linalg.eigh(covariance)
    keep = values > values[-1] * len(values) * np.finfo("float64").eps
    return vectors[:, keep] * np.sqrt(values[keep])
