"""The mappings of BigGAN and BigGAN-deep, for any codebase's names."""

import dataclasses
from collections.abc import Callable

from keras_san.convert.dialect import Dialect
from keras_san.models.biggan_deep.biggan_deep_tables import ATTENTION


@dataclasses.dataclass(frozen=True)
class Names:
    """What a codebase calls the parts of its BigGAN networks.

    Args:
        dialect: `Dialect`.
        block: function of a block's number and of its position among blocks and attention, both
            from 0, to its name.
        attention: function of the same, of the block before it, to the name of the attention.
        convolutions: names of a block's convolutions, appended to the block's.
        normalizations: the same of its normalisations.
        shortcut: the same of its 1x1 convolution.
        gain, bias: of the dense layers of a conditional normalisation.
        attention_parts: of the attention's convolutions, in the order of `ATTENTION_PARTS`.
        gate: of the attention's gate.
        final_gain, final_bias: of the last normalisation.
        inputs: order of the inputs of the dense layers, see `Dialect.dense`.
        relu_in_place: bool, see `keras_san.convert.rectified`.
    """

    dialect: Dialect
    block: Callable
    attention: Callable
    convolutions: tuple[str, ...] = (".conv1", ".conv2", ".conv3", ".conv4")
    normalizations: tuple[str, ...] = (".bn1", ".bn2", ".bn3", ".bn4")
    shortcut: str = ".conv_sc"
    gain: str = ".gain"
    bias: str = ".bias"
    attention_parts: tuple[str, ...] = (".theta", ".phi", ".g", ".o")
    gate: str = ".gamma"
    final_gain: str = ".weight"
    final_bias: str = ".bias"
    inputs: object = None
    relu_in_place: bool = False


def deep_sequence(table):
    """`"block"` and `"attention"` in the order of a BigGAN-deep table."""
    return ["attention" if entry == ATTENTION else "block" for entry in table[1:]]


def generator_sequence(table):
    """The same of a `GeneratorTable`."""
    sizes = [table.map_size * 2 ** (index + 1) for index in range(len(table.channels) - 1)]
    return _with_attention(sizes, table.attention)


def discriminator_sequence(table, resolution):
    """The same of a `DiscriminatorTable`."""
    sizes = [
        resolution // 2 ** (index + 1) if index < table.downsamples else 0
        for index in range(len(table.channels))
    ]
    return _with_attention(sizes, table.attention)


def _with_attention(sizes, attention):
    sequence = []
    for size in sizes:
        sequence.append("block")
        if size and size == attention:
            sequence.append("attention")
    return sequence


def blocks(names, sequence, block, path=""):
    """The mapping of all blocks, and of the attention among them.

    Args:
        names: `Names`.
        sequence: list of `"block"` and `"attention"`.
        block: function of `(names, path, name)` to the mapping of one block.
        path: the way to the layers, `"trunk."` in a discriminator.
    """
    mapping, number = {}, 0
    for position, kind in enumerate(sequence):
        if kind == "attention":
            name = names.attention(number - 1, position)
            parts = [name + part for part in names.attention_parts]
            mapping |= names.dialect.attention(f"{path}attention", parts, name + names.gate)
        else:
            name = names.block(number, position)
            number += 1
            mapping |= block(names, f"{path}block{number}", name)
    return mapping


def generator_block(names, path, name, tables=False):
    """A block of BigGAN's generator; `tables` where gains and biases are a table a class."""
    dialect, mapping = names.dialect, {}
    for index in (0, 1):
        theirs = name + names.normalizations[index]
        ours = f"{path}.normalization{index + 1}"
        if tables:
            mapping |= dialect.class_batch_normalization(
                ours, theirs, names.gain + dialect.weight, names.bias + dialect.weight
            )
        else:
            mapping |= dialect.conditional_batch_normalization(
                ours, theirs, names.gain, names.bias, names.inputs
            )
    return mapping | discriminator_block(names, path, name)


def discriminator_block(names, path, name, shortcut=True):
    """A block of BigGAN's discriminator."""
    mapping = {}
    for index in (0, 1):
        theirs = name + names.convolutions[index]
        mapping |= names.dialect.convolution(f"{path}.convolution{index + 1}", theirs)
    if shortcut:
        mapping |= names.dialect.convolution(f"{path}.shortcut", name + names.shortcut)
    return mapping


def deep_generator_block(names, path, name):
    """A block of BigGAN-deep's generator."""
    mapping = _deep_convolutions(names, path, name)
    for index, normalization in enumerate(names.normalizations):
        mapping |= names.dialect.conditional_batch_normalization(
            f"{path}.normalizations.{index}",
            name + normalization,
            names.gain,
            names.bias,
            names.inputs,
        )
    return mapping


def deep_discriminator_block(names, path, name, shortcut=True):
    """A block of BigGAN-deep's discriminator."""
    mapping = _deep_convolutions(names, path, name)
    if shortcut:
        mapping |= names.dialect.convolution(f"{path}.shortcut", name + names.shortcut)
    return mapping


def _deep_convolutions(names, path, name):
    mapping = {}
    for index, convolution in enumerate(names.convolutions):
        mapping |= names.dialect.convolution(f"{path}.convolutions.{index}", name + convolution)
    return mapping


def with_present_shortcuts(block, network):
    """A block function that maps the shortcut only where the network has one."""

    def mapped(names, path, name):
        layer = network.trunk.get_layer(path.rsplit(".", maxsplit=1)[-1])
        return block(names, path, name, shortcut=layer.shortcut is not None)

    return mapped
