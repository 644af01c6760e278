"""Whether generated images are copies of the training images."""

import numpy as np

from keras_san.metrics.blocks import distance_blocks
from keras_san.metrics.checks import check_pair
from keras_san.metrics.precision_recall import share


def nearest_neighbours(features, references):
    """The nearest reference of each row of features.

    Use it to look at generated images beside the training images that are most like them.

    Args:
        features: float array `(count, dimension)`.
        references: float array `(reference_count, dimension)`.

    Returns:
        `(distances, indices)`: float64 array `(count,)` of Euclidean distances, and an integer
        array `(count,)` of rows of `references`.

    Raises:
        ValueError: if dimensions differ or features are not finite.

    Example:

    ```python
    import keras_san
    import numpy as np

    distances, indices = keras_san.metrics.nearest_neighbours(np.eye(3)[:2], np.eye(3))
    assert indices.tolist() == [0, 1]
    ```
    """
    references, features = check_pair(references, features)
    distances, indices = np.empty(len(features)), np.empty(len(features), int)
    for rows, block in distance_blocks(features, references):
        indices[rows] = block.argmin(axis=1)
        distances[rows] = np.sqrt(block.min(axis=1))
    return distances, indices


def memorisation(train, held_out, fake):
    """The share of fake samples that lie nearer to the training set than to held-out images.

    Use it to see whether a generator repeats what it was trained on: one half where it draws new
    images of the same distribution, towards 1 where it copies. Below one half the held-out images
    are the easier ones. Both sets of real features must have one size, or the larger one would be
    nearer by chance.

    Args:
        train: float array `(count, dimension)`, features of training images.
        held_out: float array `(count, dimension)`, of real images that were not trained on.
        fake: float array `(fake_count, dimension)`.

    Returns:
        `Estimate` from 0 to 1 with its binomial standard error, which knows nothing of the choice
        of the real images: with a hundred of each that alone moves it by .05 and more. A tie, as
        of an image that is in both sets, counts one half.

    Raises:
        ValueError: if the two real sets differ in size, or features do not fit.

    Example:

    ```python
    import keras_san
    import numpy as np

    train, held_out = np.random.default_rng(0).normal(size=(2, 100, 4))
    assert keras_san.metrics.memorisation(train, held_out, fake=train[:50]).value == 1.0
    ```

    Reference: our choice, after the data-copying test of Meehan et al., "A Non-Parametric Test to
    Detect Data-Copying in Generative Models", 2020, section 3, with held-out real images.
    """
    if len(train) != len(held_out):
        raise ValueError(
            f"train has {len(train)} samples and held_out {len(held_out)}: the nearest of more is "
            "nearer by chance. Take as many of one as of the other."
        )
    train, fake = check_pair(train, fake)
    held_out, _ = check_pair(held_out, fake)
    references = np.concatenate([train, held_out])
    hits = np.empty(len(fake))
    for rows, squares in distance_blocks(fake, references):
        to_train, to_held_out = (
            half.min(axis=1) for half in (squares[:, : len(train)], squares[:, len(train) :])
        )
        # What rounding leaves of equal distances, beside those of the set.
        is_tie = np.abs(to_train - to_held_out) <= 1e-12 * squares.max(axis=1)
        hits[rows] = np.where(is_tie, 0.5, to_train < to_held_out)
    return share(hits)
