"""Residual networks of SNGAN, SAGAN and BigGAN as tables, and the two functions that read them."""

import dataclasses

import keras

from keras_san.layers.global_sum_pooling2d import GlobalSumPooling2D


@dataclasses.dataclass(frozen=True)
class GeneratorTable:
    """A generator as data: every block doubles height and width.

    Args:
        channels: tuple of ints, multiples of the width: of the first map, then of each block.
        map_size: int, height and width of the first map. Defaults to `4`.
        attention: int, the size of the map behind which self-attention stands, 0 for none.
    """

    channels: tuple[int, ...]
    map_size: int = 4
    attention: int = 0


@dataclasses.dataclass(frozen=True)
class DiscriminatorTable:
    """A discriminator as data: its first blocks halve height and width.

    Args:
        channels: tuple of ints, multiples of the width, one a block.
        downsamples: int, how many of the blocks halve the map.
        attention: int, the size of the map behind which self-attention stands, 0 for none.
        narrow: bool, whether a block but the first widens with its second convolution, not with
            its first.
        head_bias: bool, whether the head of the ordinary GAN has a bias.
    """

    channels: tuple[int, ...]
    downsamples: int
    attention: int = 0
    narrow: bool = False
    head_bias: bool = True


def read_table(tables, image_shape, architecture):
    """The table of an image shape, or a `ValueError` that names the resolutions there are."""
    image_shape = tuple(image_shape)
    square = len(image_shape) == 3 and image_shape[0] == image_shape[1]
    if not square or image_shape[0] not in tables:
        raise ValueError(
            f"{architecture} makes square images of {', '.join(map(str, tables))} pixels. "
            f"Received: image_shape={image_shape}"
        )
    return tables[image_shape[0]]


def check_width(width):
    """Raises a `ValueError` unless the width is a positive integer."""
    if not isinstance(width, int) or width < 1:
        raise ValueError(f"`width` must be a positive integer. Received: width={width!r}")


def generator_trunk(maps, conditions, table, width, block, attention=None):
    """Applies the blocks of a generator.

    Args:
        maps: symbolic tensor, the first map.
        conditions: list with a tensor a block, or None.
        table: `GeneratorTable`.
        width: int.
        block: function of `(filters, name)` that makes a block.
        attention: function of `name` that makes the attention layer.
    """
    for index, channels in enumerate(table.channels[1:]):
        layer = block(width * channels, name=f"block{index + 1}")
        maps = layer(maps if conditions is None else [maps, conditions[index]])
        if maps.shape[1] == table.attention:
            maps = attention(name="attention")(maps)
    return maps


def discriminator_trunk(inputs, maps, table, width, block, attention=None):
    """The trunk of a discriminator: blocks, ReLU, sum over positions.

    Args:
        inputs: the trunk's symbolic inputs.
        maps: symbolic tensor, what the first block sees.
        table: `DiscriminatorTable`.
        width: int.
        block: function of `(filters, hidden_filters, downsample, preactivation, name)` that makes
            a block.
        attention: function of `name` that makes the attention layer.
    """
    for index, channels in enumerate(table.channels):
        layer = block(
            width * channels,
            hidden_filters=maps.shape[-1] if table.narrow and index else None,
            downsample=index < table.downsamples,
            preactivation=index > 0,
            name=f"block{index + 1}",
        )
        maps = layer(maps)
        if index < table.downsamples and maps.shape[1] == table.attention:
            maps = attention(name="attention")(maps)
    features = GlobalSumPooling2D(name="features")(keras.layers.ReLU(name="relu")(maps))
    return keras.Model(inputs, features, name="trunk")
