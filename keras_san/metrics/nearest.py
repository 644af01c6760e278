"""Which real image is nearest to each generated one."""

import numpy as np

from keras_san.metrics.blocks import distance_blocks
from keras_san.metrics.checks import check_pair

# Real samples at a time: 16,384 of 1,280 numbers are 168 MB in double precision.
REFERENCES = 16_384


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
    squares, indices, _ = nearest(features, references)
    return np.sqrt(squares), indices


def nearest(features, references, own=None):
    """Squared distance to the nearest reference, its row, and the greatest squared distance.

    Args:
        features: float array `(count, dimension)`.
        references: float array `(reference_count, dimension)`.
        own: integer array `(count,)`, the row of `references` that each of `features` is itself
            and that is no neighbour of it. Defaults to `None`.
    """
    smallest, greatest = np.full(len(features), np.inf), np.zeros(len(features))
    indices = np.zeros(len(features), int)
    # A set of all training images may be too large to be copied in double precision at once.
    for start in range(0, len(references), REFERENCES):
        for rows, squares in distance_blocks(features, references[start : start + REFERENCES]):
            greatest[rows] = np.maximum(greatest[rows], squares.max(axis=1))
            if own is not None:
                places = own[rows] - start
                (here,) = np.nonzero((places >= 0) & (places < squares.shape[1]))
                squares[here, places[here]] = np.inf
            columns = squares.argmin(axis=1)
            found = np.take_along_axis(squares, columns[:, None], axis=1)[:, 0]
            nearer = found < smallest[rows]
            indices[rows] = np.where(nearer, start + columns, indices[rows])
            smallest[rows] = np.where(nearer, found, smallest[rows])
    return smallest, indices, greatest


def is_equal(squares, others, greatest):
    """Where two squared distances differ by no more than rounding leaves, beside the greatest."""
    return np.abs(squares - others) <= 1e-12 * greatest
