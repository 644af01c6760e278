"""Inception-style score: sharp predictions that differ from image to image."""

import numpy as np

from keras_san.metrics.checks import check_count, check_features
from keras_san.metrics.estimate import Estimate


def inception_style_score(probabilities, splits=10):
    """The exponential of the mean divergence of each image's prediction from their average.

    Use it beside other measures only: it looks at generated images alone, so a model that repeats
    one good image of each class gets the best score. Only with the Inception network of 2015 is
    it the Inception Score of papers.

    Args:
        probabilities: float array `(count, classes)`, rows that sum to one, in the order in which
            the images were drawn.
        splits: int, number of consecutive parts; the value is the mean over them. Defaults to
            `10`.

    Returns:
        `Estimate` from 1 to the number of classes, higher is better; the standard error is the
        deviation over the parts divided by the root of their number.

    Raises:
        ValueError: if rows do not sum to one, or there are fewer of them than splits.

    Example:

    ```python
    import keras_san
    import numpy as np

    print(keras_san.metrics.inception_style_score(np.eye(4)[np.arange(400) % 4]))  # 4
    ```

    Reference: Salimans et al., "Improved Techniques for Training GANs", 2016, section 4.
    """
    p = check_features(probabilities, "probabilities").astype("float64")
    check_count("The set of images", len(p), splits, "a score over splits")
    if p.min() < 0.0 or np.abs(p.sum(axis=1) - 1.0).max() > 1e-3:
        raise ValueError(
            "probabilities must be rows of probabilities that sum to 1. Received sums in "
            f"[{p.sum(axis=1).min():g}, {p.sum(axis=1).max():g}]. Pass the softmax of the logits."
        )
    p /= p.sum(axis=1, keepdims=True)
    scores = []
    for part in np.array_split(p, splits):
        average = part.mean(axis=0)
        # 0 log 0 is 0.
        divergence = _entropy(average) - _entropy(part).mean()
        scores.append(np.exp(divergence))
    error = float(np.std(scores, ddof=1) / np.sqrt(splits)) if splits > 1 else None
    return Estimate(float(np.mean(scores)), error)


def _entropy(p):
    return -(p * np.log(np.where(p > 0.0, p, 1.0))).sum(axis=-1)
