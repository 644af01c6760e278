"""What measures take: checks with messages."""

import numpy as np


def check_images(images):
    """Images as a uint8 array `(count, height, width, 1 or 3)`, or an error that says why not."""
    if isinstance(images, (list, tuple)):
        shapes = sorted({np.shape(image) for image in images})
        if len(shapes) > 1:
            raise ValueError(
                f"The images have mixed sizes: {', '.join(map(str, shapes))}. Bring them to one "
                "size first, for example with keras_san.data.image_folder(path, image_size=64)."
            )
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise ValueError(
            "Images must have shape (count, height, width, channels) with 1 or 3 channels. "
            f"Received shape: {images.shape}."
        )
    if 0 in images.shape:
        raise ValueError(f"There are no images to measure: the shape is {images.shape}.")
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind == "f" and not np.isfinite(images).all():
        raise ValueError(
            "The images hold NaN or infinite values: the generator that made them has diverged. "
            "Go back to an earlier checkpoint."
        )
    low, high = images.min(), images.max()
    raise ValueError(
        f"Images must be uint8 with values 0 to 255. Received: dtype={images.dtype}, values in "
        f"[{low:g}, {high:g}]. Floats in [-1, 1] become uint8 by "
        "np.clip(np.rint((images + 1) * 127.5), 0, 255).astype('uint8')."
    )


def check_labels(labels, count):
    """Labels as an integer array `(count,)`, none negative."""
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != (count,):
        raise ValueError(f"Expected {count} labels, one an image. Received shape: {labels.shape}")
    if labels.dtype.kind not in "iu" or labels.min() < 0:
        raise ValueError(
            "Labels must be class numbers, integers from 0 on. Received: "
            f"{', '.join(map(repr, labels[:4].tolist()))}{', ...' * (count > 4)} "
            f"(dtype={labels.dtype})."
        )
    return labels


def check_features(features, name="features"):
    """Features as an array `(count, dimension)` of finite floats; the type is kept."""
    features = np.asarray(features)
    if features.ndim != 2 or 0 in features.shape or features.dtype.kind != "f":
        raise ValueError(
            f"{name} must be floats of shape (count, dimension). Received: "
            f"dtype={features.dtype}, shape={features.shape}."
        )
    if not np.isfinite(features).all():
        rows = np.flatnonzero(~np.isfinite(features).all(axis=1))
        raise ValueError(
            f"{name} hold values that are not finite in {len(rows)} of {len(features)} rows, "
            f"first in row {rows[0]}. Look at the images of those rows."
        )
    return features


def check_pair(real, fake):
    """Two sets of features of one dimension."""
    real, fake = check_features(real, "real features"), check_features(fake, "fake features")
    if real.shape[1] != fake.shape[1]:
        raise ValueError(
            f"Real features have {real.shape[1]} dimensions, fake ones {fake.shape[1]}: they come "
            "from different extractors. Extract both with the same one."
        )
    return real, fake


def check_count(name, count, needed, reason):
    """Refuses a set that is too small for a measure."""
    if count < needed:
        raise ValueError(f"{name} has {count} samples, {reason} needs at least {needed}.")
