"""Batch statistics stored for a row of truncations."""

import math

import numpy as np

from keras_san.sampling.standing_statistics import normalization_layers


class TruncationStatistics:
    """Statistics of a generator's batch normalisations, one set a truncation.

    Use it for generators whose statistics were measured at several truncations, as those of the
    released BigGAN-deep networks: 51 sets, for 0.00, 0.02, ... 1.00. Between two of them it
    interpolates linearly.

    Formula, `n` sets, `t` the truncation:
    ```
    i = floor(t * (n - 1)),  c = t * (n - 1) - i,  statistic = (1 - c) * sets[i] + c * sets[i + 1]
    ```

    Args:
        means: list of arrays `(sets, channels)`, one a layer, in the order of
            `keras_san.sampling.normalization_layers`.
        variances: list of arrays of the same shapes.
        swapped: bool, whether to swap the two weights, as the code that Hugging Face published
            with the converted networks does. It is there to reproduce its images. Defaults to
            `False`.

    Raises:
        ValueError: if the shapes do not fit each other.

    Example:
    ```python
    import numpy as np
    import keras_san
    from keras_san.sampling import TruncationStatistics, normalization_layers

    generator = keras_san.models.DCGANGenerator((32, 32, 3), width=2)
    sizes = [layer.moving_mean.shape[0] for layer in normalization_layers(generator)]
    sets = [np.ones((51, size), "float32") for size in sizes]
    TruncationStatistics(sets, sets).apply(generator, truncation=0.43)
    ```

    Reference: Brock et al., "Large Scale GAN Training", ICLR 2019, appendix D.
    """

    def __init__(self, means, variances, swapped=False):
        self.means = [np.asarray(mean, "float32") for mean in means]
        self.variances = [np.asarray(variance, "float32") for variance in variances]
        self.swapped = swapped
        shapes = [[array.shape for array in arrays] for arrays in (self.means, self.variances)]
        if shapes[0] != shapes[1] or any(len(shape) != 2 for shape in shapes[0]):
            raise ValueError(
                "Means and variances must be lists of arrays (sets, channels) of the same shapes. "
                f"Received: {shapes[0]} and {shapes[1]}"
            )
        if len({shape[0] for shape in shapes[0]}) != 1 or shapes[0][0][0] < 2:
            raise ValueError(
                "Every layer needs the same number of sets, at least 2. "
                f"Received: {[shape[0] for shape in shapes[0]]}"
            )

    def at(self, truncation):
        """The statistics of a truncation: a list of pairs `(mean, variance)`, one a layer.

        Args:
            truncation: float in `[0, 1]`.

        Raises:
            ValueError: if the truncation is out of range.
        """
        if not 0.0 <= truncation <= 1.0:
            raise ValueError(f"`truncation` must be in [0, 1]. Received: {truncation!r}")
        weights = self._weights(truncation)
        return [
            tuple(np.tensordot(weights, sets, 1).astype("float32") for sets in pair)
            for pair in zip(self.means, self.variances, strict=True)
        ]

    def _weights(self, truncation):
        """The weight of every set."""
        count = len(self.means[0])
        weights = np.zeros(count)
        if self.swapped:
            # The very operations of that code: its remainder may be all but one.
            fraction, start = math.modf(truncation / (1.0 / (count - 1)))
            start = int(start)
            if fraction == 0.0:
                weights[start] = 1.0
            else:
                weights[start], weights[start + 1] = fraction, 1.0 - fraction
            return weights
        position = truncation * (count - 1)
        start = min(int(position), count - 2)
        weights[start], weights[start + 1] = 1.0 - (position - start), position - start
        return weights

    def apply(self, generator, truncation):
        """Gives a generator the statistics of a truncation.

        Args:
            generator: `keras.Model`, such as `model.generator_ema`.
            truncation: float in `[0, 1]`, the one that the latents are drawn with.

        Raises:
            ValueError: if the layers of the generator are not those of the statistics.
        """
        layers = normalization_layers(generator)
        expected = [(layer.moving_mean.shape[0],) for layer in layers]
        pairs = self.at(truncation)
        received = [mean.shape for mean, _ in pairs]
        if received != expected:
            raise ValueError(
                f"The generator {generator.name!r} has batch normalisations of {expected} "
                f"channels. Received statistics of {received}"
            )
        for layer, (mean, variance) in zip(layers, pairs, strict=True):
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(variance)

    def arrays(self):
        """All that it holds, a dict of arrays by name."""
        arrays = {f"mean{index}": array for index, array in enumerate(self.means)}
        arrays |= {f"variance{index}": array for index, array in enumerate(self.variances)}
        return arrays | ({"swapped": np.ones((), "int8")} if self.swapped else {})

    @classmethod
    def from_arrays(cls, arrays):
        """Statistics back from `arrays()`."""
        count = sum(name.startswith("mean") for name in arrays)
        means, variances = (
            [arrays[f"{name}{index}"] for index in range(count)] for name in ("mean", "variance")
        )
        return cls(means, variances, "swapped" in arrays)

    def save(self, path):
        """Writes the sets to an `.npz` file."""
        np.savez(path, **self.arrays())

    @classmethod
    def load(cls, path):
        """Reads what `save` wrote."""
        with np.load(path) as file:
            return cls.from_arrays(dict(file))
