"""Channels of a DCGAN, level by level."""

_RESOLUTIONS = (32, 64, 128)


def level_widths(image_shape, width):
    """Channels from the 4x4 map to the full resolution, the last one `width`.

    Example:
    ```python
    from keras_san.models.dcgan.dcgan_widths import level_widths

    level_widths((32, 32, 3), 64)  # [512, 256, 128, 64]
    ```
    """
    image_shape = tuple(image_shape)
    if (
        len(image_shape) != 3
        or image_shape[0] != image_shape[1]
        or (image_shape[0] not in _RESOLUTIONS)
    ):
        raise ValueError(
            f"A DCGAN makes square images of {', '.join(map(str, _RESOLUTIONS))} pixels. "
            f"Received: image_shape={image_shape}"
        )
    if not isinstance(width, int) or width < 1:
        raise ValueError(f"`width` must be a positive integer. Received: width={width!r}")
    levels = _RESOLUTIONS.index(image_shape[0]) + 4
    return [width * min(2**level, 16) for level in reversed(range(levels))]
