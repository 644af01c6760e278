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
