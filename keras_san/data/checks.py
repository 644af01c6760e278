"""Argument checks that every source of images shares."""

import numbers


def check_choice(argument, value, choices):
    """Refuse a value that is not one of the choices, naming them all."""
    if value not in choices:
        raise ValueError(
            f"{argument} must be one of {', '.join(map(repr, choices))}. Received: {value!r}."
        )


def check_integer(argument, value, minimum):
    """Refuse anything but an integer of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < minimum:
        raise ValueError(
            f"{argument} must be an integer of at least {minimum}. Received: {value!r}."
        )


def is_one_image(images):
    """Whether an array is one colour image, not many grey ones of three or four columns."""
    return images.ndim == 3 and images.shape[-1] in (3, 4) and min(images.shape[:2]) > 4
