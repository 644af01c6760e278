"""Whether generated images are nearer to the training images than to others."""

import numpy as np

from keras_san.metrics.checks import check_pair
from keras_san.metrics.estimate import Estimate
from keras_san.metrics.nearest import is_equal, nearest
from keras_san.metrics.precision_recall import share


def memorisation(train, held_out, fake):
    """Whether fake samples lie nearer to the training set than to held-out images.

    Use it to see whether a generator repeats what it was trained on: one half where it draws new
    images of the same distribution, 1 where it copies, and in between half of the share of copies
    more than one half. Below one half the held-out images are the easier ones.

    Pass all training images: a copy of one that is left out cannot be told from a new image. Where
    no image was held out, `authenticity` is left.

    Formula, `p` the share of fake samples whose nearest real one is a training image, `e` the
    share that training images have of all real ones, by which `p` is as large by chance:
    ```
    memorisation = 1/2 + (p - e) / (1 - e) / 2
    ```
    With as many of both it is `p`.

    Args:
        train: float array `(count, dimension)`, features of training images.
        held_out: float array `(held_out_count, dimension)`, of real images that were not trained
            on.
        fake: float array `(fake_count, dimension)`.

    Returns:
        `Estimate` of at most 1 with its binomial standard error, which grows with the ratio of the
        two counts and knows nothing of the choice of the real images: with a hundred of each that
        alone moves it by .05 and more. A tie, as of an image that is in both sets, counts `e`.

    Raises:
        ValueError: if features do not fit.

    Example:

    ```python
    import keras_san
    import numpy as np

    train, held_out = np.random.default_rng(0).normal(size=(2, 100, 4))
    assert keras_san.metrics.memorisation(train, held_out[:40], fake=train[:50]).value == 1.0
    ```

    Reference: our choice, after the data-copying test of Meehan et al., "A Non-Parametric Test to
    Detect Data-Copying in Generative Models", 2020, section 3, with held-out real images.
    """
    train, fake = check_pair(train, fake)
    held_out, _ = check_pair(held_out, fake)
    by_chance = len(train) / (len(train) + len(held_out))
    to_train, _, greatest = nearest(fake, train)
    to_held_out, _, other = nearest(fake, held_out)
    is_tie = is_equal(to_train, to_held_out, np.maximum(greatest, other))
    hits = np.where(is_tie, by_chance, to_train < to_held_out)
    p, scale = share(hits), 0.5 / (1.0 - by_chance)
    return Estimate(0.5 + scale * (p.value - by_chance), scale * p.standard_error)
