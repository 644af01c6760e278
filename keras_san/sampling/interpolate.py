"""Images on the way from seed to seed."""

import numpy as np

from keras_san.sampling.class_labels import class_labels
from keras_san.sampling.interpolation import INTERPOLATIONS
from keras_san.sampling.latents import latents


def interpolate(
    model, seeds, frames=8, kind="spherical", label=None, closed=False, truncation=1.0, **options
):
    """Images on the way from each seed to the next: a row a pair.

    Use it to see what a generator learned: smooth changes speak against memorised images.
    `keras_san.data.image_grid` shows the rows under each other, and `video_frames` turns them into
    one sequence for `keras_san.data.save_animation`.

    Args:
        model: `keras_san.SANModel`.
        seeds: sequence of at least two integers.
        frames: int, images in a row, those of its two seeds among them. Defaults to `8`.
        kind: `"spherical"` or `"linear"`. Defaults to `"spherical"`.
        label: int, the class of all images of a conditional model, or None to draw it from the
            first seed. Defaults to `None`.
        closed: bool, whether to end with a row from the last seed to the first. Defaults to
            `False`.
        truncation: float in `(0, 1]`, see `keras_san.sampling.latents`. Defaults to `1.0`.
        **options: `batch_size` of `SANModel.generate_from_latents`.

    Returns:
        Array `(rows, frames, height, width, channels)` of uint8.

    Raises:
        ValueError: if there are fewer than two seeds or frames, or the kind or class is unknown.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=2)
    rows = keras_san.sampling.interpolate(model, seeds=[0, 1, 2], frames=4)
    assert rows.shape == (2, 4, 32, 32, 3)
    grid = keras_san.data.image_grid(rows)
    ```
    """
    seeds = list(seeds)
    if len(seeds) < 2:
        raise ValueError(f"An interpolation needs at least two seeds. Received: {seeds}")
    if kind not in INTERPOLATIONS:
        raise ValueError(
            f"`kind` must be one of {', '.join(map(repr, INTERPOLATIONS))}. Received: {kind!r}"
        )
    if label is not None and np.ndim(label):
        raise ValueError(f"`label` must be one class, the same on all the way. Received: {label!r}")
    labels = class_labels(label, seeds[:1], model.num_classes)
    ends = latents([*seeds, *(seeds[:1] if closed else [])], model.latent_dim, truncation)
    path = np.concatenate(
        [INTERPOLATIONS[kind](*pair, frames) for pair in zip(ends[:-1], ends[1:], strict=True)]
    )
    images = model.generate_from_latents(
        path, None if labels is None else int(labels[0]), truncation=truncation, **options
    )
    return images.reshape(-1, frames, *images.shape[1:])


def video_frames(rows, closed=False):
    """The rows of `interpolate` as one sequence, without the images that come twice.

    A row begins where the one before ended. In a sequence that is shown in a loop, the last image
    of a closed path would come twice as well.

    Args:
        rows: uint8 array `(rows, frames, height, width, channels)`.
        closed: bool, as `interpolate` was told. Defaults to `False`.

    Returns:
        uint8 array `(count, height, width, channels)`.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=2)
    rows = keras_san.sampling.interpolate(model, seeds=[0, 1], frames=4, closed=True)
    frames = keras_san.sampling.video_frames(rows, closed=True)
    assert len(frames) == 6
    keras_san.data.save_animation(frames, "walk.gif")
    ```
    """
    rows = np.asarray(rows)
    frames = np.concatenate([rows[:, :-1].reshape(-1, *rows.shape[2:]), rows[-1:, -1]])
    return frames[:-1] if closed else frames
