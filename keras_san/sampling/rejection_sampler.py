"""Rejection sampling: the discriminator chooses which images of the generator to keep."""

import typing

import numpy as np

from keras_san.sampling.class_labels import class_labels
from keras_san.sampling.judge import check_judge
from keras_san.sampling.score_calibration import ScoreCalibration

# Rejecting more than this many images for one that is kept is a fault, not patience. Of many
# classes most seeds are of one that is not wanted; those cost a draw of a label each.
CANDIDATES_AN_IMAGE = 1000


class RejectionSamples(typing.NamedTuple):
    """What `RejectionSampler.sample` returns."""

    images: np.ndarray
    seeds: np.ndarray
    labels: np.ndarray | None
    acceptance_rate: float


class RejectionSampler:
    """Draws images and keeps each with a chance that grows with its score.

    Use it to trade time for better images: it needs a trained discriminator beside the generator,
    and several images for one that is kept. If the discriminator's logit `D` is the logarithm of
    the density ratio of real to generated images, what is kept is distributed as the real ones.

    Formula, `D_M` the greatest logit seen so far, `p` the chance to keep an image:
    ```
    F = D - D_M - log(1 - exp(D - D_M - epsilon)),  p = sigmoid(F - gamma)
    ```
    With `gamma = 0` and a small `epsilon`, `p` is `exp(D - D_M)`: the textbook rule, which keeps
    next to nothing in many dimensions. So `gamma` is the `F` of a percentile of the logits of
    images drawn beforehand, the burn-in, which also gives the first `D_M`; both follow `D_M` as it
    grows. A conditional model has a `D_M` and a percentile of each class, and tries each class
    until it has kept as many of it as were asked for: a class that is hard to judge gets no fewer.

    Whether an image is kept depends on its seed, those of its class before it and the burn-in
    alone, so neither the batch size nor the number of images asked for changes it. (A
    discriminator whose scores depend on the other images of the batch, with `MinibatchStdDev`, is
    the exception.)

    Args:
        model: `keras_san.SANModel` with a trained discriminator.
        percentile: float in `[0, 100]`, of the burn-in: an image at that percentile is kept half
            the time, those below less often; or None for `gamma = 0`. Defaults to `80.0`.
        epsilon: float, keeps the logarithm finite at the greatest logit. Defaults to `1e-6`.
        burn_in: int, number of images drawn beforehand. Defaults to `10_000`.
        calibration: `ScoreCalibration` that turns scores into logits, of `calibrate_scores`. None
            takes the scores as they are, as fits the saturating and non-saturating losses.
            Defaults to `None`.
        truncation: float in `(0, 1]`, see `keras_san.sampling.latents`. Defaults to `1.0`.
        batch_size: int. Defaults to `64`.

    Raises:
        ValueError: if a number is out of range, the calibration has a negative slope, or the model
            has no trained discriminator.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 1), width=2)
    sampler = keras_san.sampling.RejectionSampler(model, burn_in=32, batch_size=8)
    samples = sampler.sample(4)
    print(samples.seeds, samples.acceptance_rate)
    ```

    Reference: Azadi et al., "Discriminator Rejection Sampling", ICLR 2019, algorithm 1 and
    equation 8.
    """

    def __init__(
        self,
        model,
        percentile=80.0,
        epsilon=1e-6,
        burn_in=10_000,
        calibration=None,
        truncation=1.0,
        batch_size=64,
    ):
        if percentile is not None and not 0.0 <= percentile <= 100.0:
            raise ValueError(f"`percentile` must be in [0, 100]. Received: {percentile!r}")
        if epsilon <= 0.0:
            raise ValueError(f"`epsilon` must be positive. Received: {epsilon!r}")
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be positive. Received: {batch_size!r}")
        self._groups = max(1, model.num_classes)
        if burn_in < 2 * self._groups:
            raise ValueError(
                f"`burn_in` must be at least {2 * self._groups}, two images a class. "
                f"Received: {burn_in!r}"
            )
        self.calibration = calibration or ScoreCalibration()
        check_judge(model, self.calibration.slope)
        self.model = model
        self.percentile = percentile
        self.epsilon = epsilon
        self.burn_in = burn_in
        self.truncation = truncation
        self.batch_size = batch_size
        self.maximum = None
        self.level = None

    def prepare(self):
        """Draws the burn-in, which sets two float64 arrays, a number a class.

        `maximum` is the greatest logit, `level` the one at the percentile, or None without one.

        `sample` does so at its first call. Call it again after the model was trained further.
        """
        # The last seeds of all, which nobody counts up to.
        seeds = np.arange(2**32 - self.burn_in, 2**32)
        classes = np.arange(self.burn_in) % self._groups
        logits = np.empty(self.burn_in)
        for start in range(0, self.burn_in, self.batch_size):
            rows = slice(start, start + self.batch_size)
            _, logits[rows] = self._draw(seeds[rows], classes[rows])
        groups = [logits[classes == group] for group in range(self._groups)]
        self.maximum = np.array([group.max() for group in groups])
        if self.percentile is not None:
            # The percentile of F at any maximum: F grows with the logit.
            self.level = np.array([np.percentile(group, self.percentile) for group in groups])

    def sample(self, count, seed=0, labels=None):
        """Images of `seed` and the seeds after it, as many as need be to keep `count`.

        Args:
            count: int, number of images to keep.
            seed: int, the first to try. Defaults to `0`.
            labels: int or sequence of integers, given to the seeds in turn, of a conditional
                model. Drawn from the seeds if None. Defaults to `None`.

        Returns:
            `(images, seeds, labels, acceptance_rate)`: uint8 array `(count, height, width,
            channels)`; array `(count,)` of the seeds kept; their labels or None; and the share of
            the seeds tried that was kept. The classes are, one by one, those of `count` seeds from
            `seed` on.

        Raises:
            ValueError: if `count` is not positive, labels do not fit, or hardly an image is kept.
        """
        if count < 1:
            raise ValueError(f"`count` must be positive. Received: count={count!r}")
        if self.maximum is None:
            self.prepare()
        maximum = self.maximum.copy()
        wanted = self._classes(labels, np.arange(seed, seed + count), seed)
        missing = np.bincount(wanted, minlength=self._groups)
        kept, tried = [[] for _ in missing], 0
        for seeds, classes in self._candidates(labels, seed, count, missing):
            if tried >= CANDIDATES_AN_IMAGE * count:
                break
            images, logits = self._draw(seeds, classes)
            for image, origin, group, logit in zip(images, seeds, classes, logits, strict=True):
                if not missing[group]:
                    continue
                maximum[group] = max(maximum[group], logit)
                tried += 1
                if _uniform(origin) < self._chance(logit, group, maximum[group]):
                    kept[group].append((image, origin))
                    missing[group] -= 1
        if missing.any():
            raise ValueError(
                f"Of {count} images {missing.sum()} were not found among {tried} that were tried: "
                "the greatest score is "
                "far above the rest. Lower `percentile`, or pass a `calibration`, or a larger "
                "`burn_in`."
            )
        streams = [iter(own) for own in kept]
        images, seeds = zip(*(next(streams[group]) for group in wanted), strict=True)
        labels = wanted.astype("int32") if self.model.num_classes else None
        return RejectionSamples(np.stack(images), np.array(seeds), labels, count / tried)

    def _candidates(self, labels, first, count, missing):
        """Batches of seeds whose classes are `missing` still, and those classes."""
        seeds, classes = np.empty((2, 0), int)
        last = first + CANDIDATES_AN_IMAGE * count * self._groups
        for start in range(first, min(last, 2**32 - self.burn_in), self.batch_size):
            if not missing.any():
                return
            more = np.arange(start, start + self.batch_size)
            groups = self._classes(labels, more, first)
            open_ones = missing[groups] > 0
            seeds = np.concatenate([seeds, more[open_ones]])
            classes = np.concatenate([classes, groups[open_ones]])
            # Whole batches: late on few seeds are of a class that is missing.
            if len(seeds) >= self.batch_size:
                yield seeds[: self.batch_size], classes[: self.batch_size]
                seeds, classes = seeds[self.batch_size :], classes[self.batch_size :]
        if len(seeds):
            yield seeds, classes

    def _chance(self, logit, group, maximum):
        """The chance to keep an image."""
        odds = log_odds(logit, maximum, self.epsilon)
        if self.level is not None:
            odds -= log_odds(self.level[group], maximum, self.epsilon)
        return 0.5 * (1.0 + np.tanh(0.5 * odds))

    def _draw(self, seeds, classes):
        """Images of seeds, and their logits."""
        labels = classes.astype("int32") if self.model.num_classes else None
        options = {"labels": labels, "batch_size": self.batch_size}
        images = self.model.generate(seeds=seeds, truncation=self.truncation, **options)
        return images, self.calibration.logits(self.model.score(images, **options))

    def _classes(self, labels, seeds, first):
        """The class of each seed; zeros without classes."""
        if labels is not None and np.ndim(labels):
            labels = np.asarray(labels)[(seeds - first) % len(labels)]
        classes = class_labels(labels, seeds, self.model.num_classes)
        return np.zeros(len(seeds), int) if classes is None else np.asarray(classes, int)


def log_odds(logits, maximum, epsilon):
    """The logarithm of the odds to keep an image, before gamma: `F` of the paper."""
    difference = np.minimum(logits - maximum, 0.0)
    return difference - np.log(-np.expm1(difference - epsilon))


def _uniform(seed):
    # A stream of its own, beside that of the latents and that of the labels.
    return np.random.RandomState([seed, 2]).uniform()
