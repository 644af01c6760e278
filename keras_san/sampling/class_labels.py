"""Labels as samplers take them: none, one for all, or one an image."""

import numpy as np

from keras_san.sampling.latents import random_labels


def class_labels(labels, seeds, num_classes):
    """Labels as an int32 array, one a seed; None for an unconditional model.

    Args:
        labels: int for all, sequence with one a seed, or None to draw them from the seeds.
        seeds: sequence of integers.
        num_classes: int, of the model.

    Raises:
        ValueError: if the labels do not fit.
    """
    if not num_classes:
        if labels is not None:
            raise ValueError("This model is unconditional: `labels` must be None.")
        return None
    if labels is None:
        return random_labels(seeds, num_classes)
    labels = np.asarray(labels)
    if not np.issubdtype(labels.dtype, np.integer) or labels.shape not in ((), (len(seeds),)):
        raise ValueError(
            f"Labels must be one integer, or one for each of the {len(seeds)} seeds. "
            f"Received: dtype={labels.dtype}, shape={labels.shape}"
        )
    if labels.size and not 0 <= labels.min() <= labels.max() < num_classes:
        raise ValueError(
            f"Labels must lie in [0, {num_classes}). Received values in "
            f"[{labels.min()}, {labels.max()}]"
        )
    return np.broadcast_to(labels, (len(seeds),)).astype("int32")
