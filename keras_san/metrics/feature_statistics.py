"""Mean and covariance of features, gathered as they come."""

import numpy as np

from keras_san.metrics.checks import check_features


class FeatureStatistics:
    """Mean and covariance of features in float64, gathered batch by batch.

    Use it for the Fréchet distance: it holds `dimension` squared numbers, however many images
    there are. Each batch is centred before it is added (Chan, Golub and LeVeque), so nothing is
    lost to cancellation, and size and order of the batches change the last digits only. Parts
    gathered in different processes merge exactly.

    Args:
        dimension: int, length of a feature vector.

    Raises:
        ValueError: if features of another length are added, or some that are not finite.

    Example:

    ```python
    import keras_san
    import numpy as np

    features = np.random.default_rng(0).normal(size=(100, 4))
    statistics = keras_san.metrics.FeatureStatistics(4)
    for start in range(0, 100, 32):
        statistics.update(features[start : start + 32])
    assert np.allclose(statistics.covariance, np.cov(features, rowvar=False))
    ```
    """

    def __init__(self, dimension):
        self.dimension = int(dimension)
        self.count = 0
        self.mean = np.zeros(self.dimension)
        self._scatter = np.zeros((self.dimension, self.dimension))

    @classmethod
    def of(cls, features):
        """The statistics of one array of features.

        Args:
            features: float array `(count, dimension)`.

        Returns:
            `FeatureStatistics`.
        """
        features = check_features(features)
        statistics = cls(features.shape[1])
        for start in range(0, len(features), 4096):
            statistics.update(features[start : start + 4096])
        return statistics

    @property
    def covariance(self):
        """The covariance `(dimension, dimension)`, divided by `count - 1`."""
        if self.count < 2:
            raise ValueError(f"A covariance needs 2 samples. Received: {self.count}.")
        return self._scatter / (self.count - 1)

    def update(self, features):
        """Adds a batch.

        Args:
            features: float array `(batch, dimension)`.
        """
        features = check_features(features).astype("float64")
        if features.shape[1] != self.dimension:
            raise ValueError(
                f"These statistics are of {self.dimension} dimensions. "
                f"Received features of shape: {features.shape}."
            )
        mean = features.mean(axis=0)
        centered = features - mean
        self._add(len(features), mean, centered.T @ centered)

    def merge(self, other):
        """Adds what another object has gathered.

        Args:
            other: `FeatureStatistics` of the same dimension.
        """
        if other.dimension != self.dimension:
            raise ValueError(
                f"Statistics of {self.dimension} dimensions do not merge with those of "
                f"{other.dimension}: they come from different extractors."
            )
        self._add(other.count, other.mean, other._scatter)

    def _add(self, count, mean, scatter):
        total = self.count + count
        if not count:
            return
        difference = mean - self.mean
        self._scatter = self._scatter + scatter
        self._scatter += np.outer(difference, difference) * (self.count * count / total)
        self.mean = self.mean + difference * (count / total)
        self.count = total

    def arrays(self):
        """What is gathered, as a dictionary of arrays for `numpy.savez`."""
        return {"count": np.array(self.count), "mean": self.mean, "scatter": self._scatter}

    @classmethod
    def from_arrays(cls, arrays):
        """The object back from `arrays()`.

        Args:
            arrays: mapping with `count`, `mean` and `scatter`.

        Returns:
            `FeatureStatistics`.
        """
        statistics = cls(len(arrays["mean"]))
        statistics._add(int(arrays["count"]), arrays["mean"], arrays["scatter"])
        return statistics
