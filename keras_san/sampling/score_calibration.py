"""From a discriminator's scores to logits: the odds that an image is real."""

import typing

import numpy as np

from keras_san.sampling.class_labels import class_labels
from keras_san.sampling.judge import check_judge


class ScoreCalibration(typing.NamedTuple):
    """Slope and intercept that turn a score into a logit, `slope * score + intercept`.

    `calibrate_scores` fits them.

    Example:
    ```python
    from keras_san.sampling import ScoreCalibration

    assert ScoreCalibration(2.0, -1.0).logits(3.0) == 5.0
    ```
    """

    slope: float = 1.0
    intercept: float = 0.0

    def logits(self, scores):
        """The logits of scores, float64."""
        return self.slope * np.asarray(scores, "float64") + self.intercept


def calibrate_scores(model, images, labels=None, seed=2**31, batch_size=64):
    """Fits the slope and intercept that turn a model's scores into logits.

    Use it before rejection or Langevin sampling with a discriminator that was not trained by
    cross-entropy. With the saturating and non-saturating losses a score is meant to be a logit;
    a hinge, least-squares or Wasserstein score only grows with it. Best on real images that the
    model was not trained on: a discriminator knows its own.

    Args:
        model: `keras_san.SANModel`.
        images: real images, array `(count, height, width, channels)`, uint8 or float in
            `[-1, 1]`; a thousand are enough.
        labels: int or sequence of integers, of a conditional model. As many images of the same
            classes are generated. Defaults to `None`.
        seed: int, the first of the generated images. Defaults to `2**31`.
        batch_size: int. Defaults to `64`.

    Returns:
        `ScoreCalibration`.

    Raises:
        ValueError: if images or labels do not fit the model, or it has no trained discriminator.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 1), width=2)
    images, labels = keras_san.data.sample(image_size=32, batch_size=32)[0]
    calibration = keras_san.sampling.calibrate_scores(model, images)
    ```

    Reference: Turner et al., "Metropolis-Hastings Generative Adversarial Networks", ICML 2019,
    section 3.2.
    """
    check_judge(model)
    images = np.asarray(images)
    seeds = range(seed, seed + len(images))
    if model.num_classes and labels is None:
        raise ValueError("This model is class-conditional: give the `labels` of the images.")
    labels = class_labels(labels, seeds, model.num_classes)
    fake = model.generate(seeds=seeds, labels=labels, batch_size=batch_size)
    return fit_calibration(
        model.score(images, labels, batch_size), model.score(fake, labels, batch_size)
    )


def fit_calibration(real_scores, fake_scores):
    """The logistic regression of "is real" on scores, real and fake of equal weight.

    Args:
        real_scores: array `(count,)`.
        fake_scores: array `(count,)`; the two counts may differ.

    Returns:
        `ScoreCalibration`, of negative slope if real images score below generated ones.

    Raises:
        ValueError: if there are no scores, they are all alike, or not finite.

    Example:
    ```python
    from keras_san.sampling import fit_calibration

    calibration = fit_calibration([0.9, 1.2, -0.1], [-1.0, 0.3, -0.8])
    assert calibration.slope > 0.0
    ```

    Reference: Platt, "Probabilistic Outputs for Support Vector Machines", 1999, section 2.2, for
    targets a little inside of 0 and 1, which keep the slope finite where no score overlaps.
    """
    groups = [np.asarray(scores, "float64").ravel() for scores in (real_scores, fake_scores)]
    scores = np.concatenate(groups)
    if not all(map(len, groups)) or not np.isfinite(scores).all() or np.ptp(scores) == 0.0:
        raise ValueError(
            "A calibration needs finite scores of real and of fake images, not all alike. "
            f"Received {len(groups[0])} and {len(groups[1])} scores."
        )
    targets = [(len(groups[0]) + 1) / (len(groups[0]) + 2), 1 / (len(groups[1]) + 2)]
    targets = np.repeat(targets, [len(group) for group in groups])
    weights = np.repeat([0.5 / len(group) for group in groups], [len(group) for group in groups])
    mean, deviation = scores.mean(), scores.std()
    slope, intercept = _newton((scores - mean) / deviation, targets, weights)
    return ScoreCalibration(float(slope / deviation), float(intercept - slope * mean / deviation))


def _newton(x, targets, weights, iterations=100):
    """Slope and intercept that minimise the weighted cross-entropy, a convex function."""
    design = np.stack([x, np.ones_like(x)], axis=1)

    def loss(coefficients):
        logits = design @ coefficients
        return weights @ (np.logaddexp(0.0, logits) - targets * logits)

    coefficients = np.zeros(2)
    for _ in range(iterations):
        probabilities = 0.5 * (1.0 + np.tanh(0.5 * (design @ coefficients)))
        gradient = design.T @ (weights * (probabilities - targets))
        curvature = weights * probabilities * (1.0 - probabilities)
        step = np.linalg.solve(design.T @ (curvature[:, None] * design), gradient)
        size = 1.0
        while loss(coefficients - size * step) > loss(coefficients) and size > 1e-8:
            size *= 0.5
        coefficients = coefficients - size * step
        if np.abs(size * step).max() < 1e-12:
            break
    return coefficients
