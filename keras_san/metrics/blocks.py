"""Large arrays of features a piece at a time: memory stays bounded."""

import numpy as np

# A block of 2,048 x 2,048 in float64 is 34 MB.
ROWS = 2048
# Of one block of distances, which has a column for each reference.
BYTES = 128 * 2**20


def row_blocks(array, start=0, rows=ROWS):
    """Yields `(slice, rows as float64)`; blocks begin at multiples of `rows` from `start`."""
    for first in range(start, len(array), rows):
        where = slice(first, min(first + rows, len(array)))
        yield where, array[where].astype("float64")


def distance_blocks(queries, references):
    """Yields `(slice, squared distances of those queries to all references)`, float64."""
    # Distances do not change; the sums they are computed from get small.
    center = references.mean(axis=0, dtype="float64")
    references = references.astype("float64") - center
    squares = np.einsum("ij,ij->i", references, references)
    rows = max(1, min(ROWS, BYTES // (8 * len(references))))
    for where, block in row_blocks(queries, rows=rows):
        block -= center
        distances = block @ references.T
        distances *= -2.0
        distances += squares
        distances += np.einsum("ij,ij->i", block, block)[:, None]
        yield where, np.maximum(distances, 0.0, out=distances)


def squared_radii(features, neighbours):
    """Squared distance of each row to its k-th nearest other row."""
    radii = np.empty(len(features))
    for where, distances in distance_blocks(features, features):
        rows = np.arange(where.start, where.stop)
        # The row itself is no neighbour, whatever rounding left of its distance to itself.
        distances[rows - where.start, rows] = np.inf
        distances.partition(neighbours - 1, axis=1)
        radii[where] = distances[:, neighbours - 1]
    return radii
