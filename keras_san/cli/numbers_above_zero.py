"""Numbers of options, read with a message that a user understands."""

import argparse


def positive_int(text):
    """Reads a whole number above zero, such as 64 or 1_000_000."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a whole number above 0, such as 64 or 1000000"
        )
    return value


def positive_float(text):
    """Reads a number above zero."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0, such as 0.5 or 10")
    return value
