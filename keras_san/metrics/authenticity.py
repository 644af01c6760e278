"""Whether generated images are more than noise upon the training images."""

import numpy as np

from keras_san.metrics.checks import check_count, check_pair
from keras_san.metrics.nearest import is_equal, nearest
from keras_san.metrics.precision_recall import share


def authenticity(train, fake):
    """The share of fake samples that are no copy of a training image, as far as that shows.

    Use it where no image was held out for `memorisation`, as with the few images of a user. A fake
    sample counts as a copy if it is nearer to its nearest training image than that one is to any
    other training image. By chance new images of the same distribution are, too: of normal features
    two thirds in one dimension, over a quarter in 20. So compare with what one half of the training
    images have beside the other, as `keras_san.metrics.evaluate` does: a lower value shows copies.
    Images far from all of the training set, good or bad, never count as copies: a higher value
    shows no quality.

    Formula, `r` the training image nearest to the fake sample `g`, and `s` the other training image
    nearest to `r`:
    ```
    authenticity = share of g with |g - r| > |r - s|
    ```

    Pass all training images: a copy of one that is left out cannot be told from a new image.

    Args:
        train: float array `(count, dimension)`, features of training images.
        fake: float array `(fake_count, dimension)`.

    Returns:
        `Estimate`, from 0 to 1, with its binomial standard error. A tie, as of a copy of an image
        that the training set holds twice, counts as a copy.

    Raises:
        ValueError: if features do not fit, or there is but one training image.

    Example:

    ```python
    import keras_san
    import numpy as np

    train, new = np.random.default_rng(0).normal(size=(2, 100, 4))
    assert keras_san.metrics.authenticity(train, fake=train[:50]).value == 0.0
    by_chance = keras_san.metrics.authenticity(train[::2], train[1::2]).value
    print(keras_san.metrics.authenticity(train, new), by_chance)
    ```

    Reference: Alaa et al., "How Faithful is your Synthetic Data? Sample-level Metrics for
    Evaluating and Auditing Generative Models", ICML 2022, "Authenticity".
    """
    train, fake = check_pair(train, fake)
    check_count("The training set", len(train), 2, "a nearest other image")
    to_train, rows, greatest = nearest(fake, train)
    originals, inverse = np.unique(rows, return_inverse=True)
    to_other, _, other_greatest = nearest(train[originals], train, own=originals)
    to_other, other_greatest = to_other[inverse], other_greatest[inverse]
    is_tie = is_equal(to_train, to_other, np.maximum(greatest, other_greatest))
    return share((to_train > to_other) & ~is_tie)
