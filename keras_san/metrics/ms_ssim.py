"""Multi-scale structural similarity, and the diversity of images that it tells."""

import numpy as np

from keras_san.metrics.checks import check_count, check_images
from keras_san.metrics.estimate import Estimate

# Wang et al., 2003: the weights of the scales, from the finest.
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
WINDOW, SIGMA = 11, 1.5
LUMINANCE, CONTRAST = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2


def ms_ssim(left, right):
    """The multi-scale structural similarity of pairs of images.

    Use it to compare images as the eye does, by structure. Images of 176 pixels and more get the
    five scales of the paper; smaller ones as many as leave 11 pixels, with the weights of those
    scales made to sum to one.

    Args:
        left: uint8 array `(count, height, width, channels)`, at least 11 x 11 pixels.
        right: the same.

    Returns:
        float64 array `(count,)`, 1 for equal images; the mean over channels.

    Raises:
        ValueError: if the images are not uint8, differ in shape, or are too small.

    Example:

    ```python
    import keras_san
    import numpy as np

    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), "uint8")
    assert np.allclose(keras_san.metrics.ms_ssim(images, images), 1.0)
    ```

    Reference: Wang, Simoncelli and Bovik, "Multi-Scale Structural Similarity for Image Quality
    Assessment", 2003, equation 7.
    """
    left, right = check_images(left), check_images(right)
    if left.shape != right.shape:
        raise ValueError(f"Pairs must have one shape. Received: {left.shape} and {right.shape}.")
    scales = scale_count(left.shape[1:3])
    weights = np.array(WEIGHTS[:scales]) / sum(WEIGHTS[:scales])
    # Channels beside the images: each is compared by itself.
    x, y = (np.moveaxis(images, 3, 1).astype("float64") for images in (left, right))
    result = 1.0
    for scale in range(scales):
        similarity, contrast = _similarity(x, y)
        factor = similarity if scale == scales - 1 else contrast
        # A negative factor has no fractional power.
        result = result * np.maximum(factor, 0.0) ** weights[scale]
        x, y = _halved(x), _halved(y)
    return result.mean(axis=1)


def scale_count(size):
    """How many scales images of a size have."""
    shortest = min(size)
    if shortest < WINDOW:
        raise ValueError(f"MS-SSIM needs images of {WINDOW} pixels and more. Received: {size}.")
    scales = 1
    while scales < len(WEIGHTS) and shortest // 2**scales >= WINDOW:
        scales += 1
    return scales


def ms_ssim_diversity(images, labels=None, pairs=1000, seed=0, batch_size=64):
    """The mean MS-SSIM of random pairs of images, of one class each where there are classes.

    Use it to find a model that draws the same image again and again: the mean then exceeds that of
    real images (measure those too; it says nothing by itself).

    Args:
        images: uint8 array `(count, height, width, channels)`.
        labels: integer array `(count,)`, or `None` to pair any two. Defaults to `None`.
        pairs: int, number of random pairs. Defaults to `1000`.
        seed: int, of the pairs. Defaults to `0`.
        batch_size: int, pairs at a time. Defaults to `64`.

    Returns:
        `Estimate` from 0 to 1, lower is more diverse. Its standard error counts that pairs share
        images (Aronow et al., "Cluster-Robust Variance Estimation for Dyadic Data", 2015).

    Raises:
        ValueError: if there are fewer than two images, or of a class, or they are too small.

    Example:

    ```python
    import keras_san
    import numpy as np

    images = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 1), "uint8")
    print(keras_san.metrics.ms_ssim_diversity(images, pairs=10))
    ```

    Reference: Odena et al., "Conditional Image Synthesis with Auxiliary Classifier GANs", 2017,
    section 4.2.
    """
    images = check_images(images)
    first, second = _pairs(len(images), labels, pairs, np.random.default_rng(seed))
    starts = range(0, pairs, batch_size)
    batches = [slice(start, start + batch_size) for start in starts]
    values = [ms_ssim(images[first[batch]], images[second[batch]]) for batch in batches]
    values = np.concatenate(values)
    return Estimate(float(values.mean()), _standard_error(values, first, second))


def _standard_error(values, first, second):
    """Of a mean over pairs of which many have an image in common."""
    if len(values) < 2:
        return None
    residuals = values - values.mean()
    alone = np.sum(residuals**2)
    of_image = np.bincount(np.concatenate([first, second]), np.concatenate([residuals] * 2))
    # Products of all residuals that share an image; a pair shares both with itself.
    shared = np.sum(of_image**2) - alone
    return float(np.sqrt(max(shared, alone)) / len(values))


def _pairs(count, labels, pairs, random):
    """Rows of the first and of the other image of each pair."""
    labels = np.zeros(count, int) if labels is None else np.asarray(labels)
    first, second = np.empty(pairs, int), np.empty(pairs, int)
    members = {label: np.flatnonzero(labels == label) for label in np.unique(labels)}
    for label, rows in members.items():
        check_count(f"Class {label}", len(rows), 2, "a pair of images")
    # Each class as often as it has images.
    for index, label in enumerate(labels[random.integers(count, size=pairs)]):
        first[index], second[index] = random.choice(members[label], 2, replace=False)
    return first, second


def _similarity(x, y):
    """SSIM and its contrast-structure part, means over the map."""
    mean_x, mean_y = _blurred(x), _blurred(y)
    variance = _blurred(x * x + y * y) - mean_x**2 - mean_y**2
    covariance = _blurred(x * y) - mean_x * mean_y
    contrast = (2.0 * covariance + CONTRAST) / (variance + CONTRAST)
    luminance = (2.0 * mean_x * mean_y + LUMINANCE) / (mean_x**2 + mean_y**2 + LUMINANCE)
    return (luminance * contrast).mean(axis=(2, 3)), contrast.mean(axis=(2, 3))


def _blurred(x):
    rows, columns = (_window_matrix(size) for size in x.shape[2:])
    return rows @ x @ columns.T


def _window_matrix(size):
    """The Gaussian window at each of its places along a side."""
    offsets = np.arange(WINDOW) - WINDOW // 2
    window = np.exp(-0.5 * (offsets / SIGMA) ** 2)
    matrix = np.zeros((size - WINDOW + 1, size))
    for row in range(len(matrix)):
        matrix[row, row : row + WINDOW] = window / window.sum()
    return matrix


def _halved(x):
    """Means of 2 x 2 pixels; the edge is repeated where a side is odd."""
    margins = [(0, 0), (0, 0), *((0, size % 2) for size in x.shape[2:])]
    x = np.pad(x, margins, mode="edge")
    count, channels, height, width = x.shape
    return x.reshape(count, channels, height // 2, 2, width // 2, 2).mean(axis=(3, 5))
