"""Linear maps of the colours of images, each by one number an image, `(batch, 1, 1, 1)`."""

from keras import ops


def saturate(images, factor):
    """Moves colours away from their grey by a factor."""
    grey = ops.mean(images, axis=3, keepdims=True)
    # So written, a factor of one changes no bit.
    return images * factor + grey * (1.0 - factor)


def contrast(images, factor):
    """Moves values away from their image's mean by a factor."""
    mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
    return images * factor + mean * (1.0 - factor)


def flip_luma(images, amount):
    """Negates the grey of colours where `amount` is one."""
    return images - 2.0 * amount * ops.mean(images, axis=3, keepdims=True)


def rotate_hue(images, angle):
    """Turns colours about the grey axis, radians; single channels stay."""
    grey = ops.mean(images, axis=3, keepdims=True)
    across = (ops.roll(images, 1, axis=3) - ops.roll(images, -1, axis=3)) / 3.0**0.5
    cosine = ops.cos(angle)
    return images * cosine + across * ops.sin(angle) + grey * (1.0 - cosine)
