"""The channels of FastGAN's maps."""

from keras_san.models.residual_tables import check_width

# Size of a map: its channels, in multiples of the width.
MULTIPLES = {4: 16, 8: 8, 16: 4, 32: 2, 64: 2, 128: 1, 256: 0.5, 512: 0.25}
RESOLUTIONS = tuple(size for size in MULTIPLES if size >= 32)
# Size of a gated map: the size of the map that gates it.
EXCITATIONS = {64: 4, 128: 8, 256: 16, 512: 32}


def map_channels(image_shape, width):
    """The channels of each map up to an image's size, a dict from size to channels."""
    image_shape = tuple(image_shape)
    square = len(image_shape) == 3 and image_shape[0] == image_shape[1]
    if not square or image_shape[0] not in RESOLUTIONS:
        raise ValueError(
            f"FastGAN makes square images of {', '.join(map(str, RESOLUTIONS))} pixels. "
            f"Received: image_shape={image_shape}"
        )
    check_width(width)
    return {
        size: max(int(multiple * width), 1)
        for size, multiple in MULTIPLES.items()
        if size <= image_shape[0]
    }
