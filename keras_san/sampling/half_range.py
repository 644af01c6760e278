"""Float images that look as if they were meant for another range."""

import warnings


def warn_of_half_range(images, stacklevel):
    """Warns if float images in [-1, 1] look like images in [0, 1], which would be grey to white."""
    low, high = float(images.min()), float(images.max())
    if 0.0 <= low < 0.5 and 0.0 < high <= 1.0:
        warnings.warn(
            f"All values of the float images lie in [{low:g}, {high:g}]: images in [0, 1] are "
            "taken as grey to white. If they are meant to span black to white, give "
            "`2 * images - 1`.",
            stacklevel=stacklevel + 1,
        )
