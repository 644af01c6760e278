"""Where the pixels of an augmented image come from: linear maps, exact to second order."""

from keras import ops


def flip_columns(images, chosen):
    """Mirrors the images where `chosen`, boolean `(batch, 1, 1, 1)`."""
    return ops.where(chosen, ops.flip(images, axis=2), images)


def shift(images, rows, columns, reflect=False):
    """Images moved by whole pixels, `(batch, 1, 1, 1)` each; zeros or a reflection come in."""
    height, width = images.shape[1:3]
    down = _selection(rows, height, reflect, images.dtype)
    across = _selection(columns, width, reflect, images.dtype)
    # Products with selection matrices: their gradient is one too, a gather's is a slow scatter.
    moved = ops.einsum("bij,bjwc->biwc", down, images)
    return ops.einsum("bij,bhjc->bhic", across, moved)


def _selection(offset, size, reflect, dtype):
    """Matrices `(batch, size, size)` that take pixel `i - offset` to place `i`."""
    places = ops.arange(size, dtype="float32")
    sources = ops.reshape(places, (1, size, 1)) - ops.reshape(offset, (-1, 1, 1))
    if reflect:
        sources = reflected(sources, size)
    return ops.cast(ops.equal(sources, ops.reshape(places, (1, 1, size))), dtype)


def reflected(places, size):
    """Places folded into `[0, size - 1]` at the centres of the outermost pixels."""
    if size == 1:
        return ops.zeros_like(places)
    places = ops.mod(places, 2.0 * (size - 1))
    return ops.minimum(places, 2.0 * (size - 1) - places)


def sample(images, rows, columns):
    """Images read at fractional places `(batch, height, width)`, bilinear, reflected outside."""
    height, width, channels = images.shape[1:]
    count = ops.shape(images)[0]
    flat = ops.reshape(images, (-1, channels))
    start = ops.reshape(ops.arange(count) * (height * width), (-1, 1, 1))
    row, column = ops.floor(rows), ops.floor(columns)
    down, across = (ops.cast(x, images.dtype) for x in (rows - row, columns - column))

    def pixels(row, column):
        place = reflected(row, height) * width + reflected(column, width)
        return ops.take(flat, start + ops.cast(place, start.dtype), axis=0)

    corners = (
        ((1.0 - down) * (1.0 - across), row, column),
        ((1.0 - down) * across, row, column + 1.0),
        (down * (1.0 - across), row + 1.0, column),
        (down * across, row + 1.0, column + 1.0),
    )
    return sum(ops.expand_dims(share, -1) * pixels(r, c) for share, r, c in corners)
