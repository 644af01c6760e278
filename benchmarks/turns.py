"""Contestants that take turns, so that what else the machine does hits all of them."""

import numpy as np


def take_turns(contestants, blocks):
    """Times of contestants, block by block, each block beginning with another one.

    Args:
        contestants: dict of name to a function without arguments that returns seconds.
        blocks: int.

    Returns:
        Dict of name to an array with an entry a block.
    """
    names = list(contestants)
    times = {name: [] for name in names}
    for block in range(blocks):
        turn = block % len(names)
        for name in names[turn:] + names[:turn]:
            times[name].append(contestants[name]())
    return {name: np.array(values) for name, values in times.items()}


def median(values):
    """The median, a float."""
    return float(np.median(values))


def spread(values):
    """The interquartile range, a float."""
    low, high = np.percentile(values, (25, 75))
    return float(high - low)
