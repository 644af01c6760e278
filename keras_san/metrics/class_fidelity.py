"""Whether an image shows the class that was asked for."""

import numpy as np

from keras_san.metrics.checks import check_features
from keras_san.metrics.precision_recall import share


def class_fidelity(probabilities, labels):
    """The share of generated images that a classifier takes for the class they were made for.

    Use it for conditional models, beside the accuracy of the classifier on real images, which is
    the most that the number can mean.

    Args:
        probabilities: float array `(count, classes)`, the classifier's predictions.
        labels: integer array `(count,)`, the classes asked for.

    Returns:
        `Estimate` from 0 to 1 with its binomial standard error, higher is better.

    Raises:
        ValueError: if labels do not fit the predictions.

    Example:

    ```python
    import keras_san
    import numpy as np

    predictions = np.eye(10)[[3, 1, 4, 1]]
    assert keras_san.metrics.class_fidelity(predictions, np.array([3, 1, 4, 5])).value == 0.75
    ```

    Reference: the accuracy used by Odena et al., "Conditional Image Synthesis with Auxiliary
    Classifier GANs", 2017, section 4.1.
    """
    probabilities = check_features(probabilities, "probabilities")
    labels = np.asarray(labels)
    count, classes = probabilities.shape
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"labels must be {count} integers, one an image. Received: dtype={labels.dtype}, "
            f"shape={labels.shape}."
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"labels must lie in [0, {classes}), the classes of the classifier. Received values "
            f"in [{labels.min()}, {labels.max()}]."
        )
    return share(probabilities.argmax(axis=1) == labels)
