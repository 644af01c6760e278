"""Fréchet distance class by class."""

import warnings

import numpy as np

from keras_san.metrics.checks import check_pair
from keras_san.metrics.estimate import Estimate
from keras_san.metrics.feature_statistics import FeatureStatistics
from keras_san.metrics.frechet_distance import frechet_distance


def intra_class_frechet_distance(real, real_labels, fake, fake_labels):
    """The mean over classes of the Fréchet distance between their real and fake features.

    Use it for conditional models: a model that draws the right images under the wrong labels has
    a good Fréchet distance and a bad one here. Each class has few samples, so its bias is large;
    compare equal counts a class only.

    Args:
        real: float array `(count, dimension)`.
        real_labels: integer array `(count,)`.
        fake: float array of the same dimension.
        fake_labels: integer array, one for each fake.

    Returns:
        `Estimate`, lower is better; the standard error is None, as the bias outweighs it.

    Raises:
        ValueError: if labels do not fit, or a class is missing on one side or has one sample.

    Example:

    ```python
    import keras_san
    import numpy as np

    random = np.random.default_rng(0)
    labels = np.arange(200) % 2
    real, fake = random.normal(labels[:, None], size=(2, 200, 4))
    print(keras_san.metrics.intra_class_frechet_distance(real, labels, fake, labels))
    ```

    Reference: Miyato and Koyama, "cGANs with Projection Discriminator", 2018, section 4.
    """
    real, fake = check_pair(real, fake)
    real_labels = _checked(real_labels, len(real), "real")
    fake_labels = _checked(fake_labels, len(fake), "fake")
    classes = np.union1d(real_labels, fake_labels)
    sets = []
    for label in classes:
        parts = real[real_labels == label], fake[fake_labels == label]
        if min(map(len, parts)) < 2:
            raise ValueError(
                f"Class {label} has {len(parts[0])} real and {len(parts[1])} fake samples; the "
                "distance of a class needs at least 2 of each. Take more images, or leave the "
                "measure out (--measures)."
            )
        sets.append(parts)
    fewest = min(len(part) for parts in sets for part in parts)
    if fewest <= real.shape[1]:
        warnings.warn(
            f"A class has {fewest} samples in {real.shape[1]} dimensions: covariances are "
            f"singular and the distance is mostly bias. Use more than {real.shape[1]} a class.",
            stacklevel=2,
        )
    with warnings.catch_warnings():
        # Said once for all classes.
        warnings.filterwarnings("ignore", ".*give a singular covariance", UserWarning)
        distances = [frechet_distance(*map(FeatureStatistics.of, parts)).value for parts in sets]
    return Estimate(float(np.mean(distances)))


def _checked(labels, count, name):
    labels = np.asarray(labels)
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{name}_labels must be {count} integers, one for each row of features. Received: "
            f"dtype={labels.dtype}, shape={labels.shape}."
        )
    return labels
