"""What a source makes of a file: the network, and where its weights come from."""

import dataclasses

import keras


@dataclasses.dataclass(frozen=True)
class Plan:
    """A network as yet without its weights.

    Args:
        network: built `keras.Model`.
        mapping: of `keras_san.convert.assign`.
        tensors: dictionary, under the names of the mapping.
        is_generator: bool, whether it is the generator or the discriminator.
        ignore: tuple of regular expressions, of `keras_san.convert.assign`.
        has_truncation_statistics: bool, whether the tensors behind `moving_mean` and
            `moving_variance` hold a row a truncation.
    """

    network: keras.Model
    mapping: dict
    tensors: dict
    is_generator: bool
    ignore: tuple[str, ...] = ()
    has_truncation_statistics: bool = False


def shape_of(tensors, name):
    """The shape of a tensor by which a source recognises the network."""
    if name not in tensors:
        some = ", ".join(list(tensors)[:5])
        raise ValueError(
            f"missing {name}, by which the size of the network is recognised. The file has "
            f"{len(tensors)} tensors: {some}{' ...' if len(tensors) > 5 else ''}. "
            "Is it a checkpoint of this source?"
        )
    return tensors[name].shape


def resolution_of(tables, blocks, count_blocks, what):
    """The resolution whose network has as many blocks as the file."""
    counts = {resolution: count_blocks(table) for resolution, table in tables.items()}
    found = next((resolution for resolution, count in counts.items() if count == blocks), None)
    if found is None:
        known = ", ".join(f"{count} at {resolution}" for resolution, count in counts.items())
        raise ValueError(
            f"The file holds a {what} of {blocks} blocks; those known here have {known} pixels."
        )
    return found


def whole(number, divisor, name):
    """A quotient that must be a positive integer."""
    if number < divisor or number % divisor:
        raise ValueError(f"misshapen {name}: {number} is no multiple of {divisor}.")
    return number // divisor
