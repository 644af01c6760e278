"""mimicry: SNGAN at 32, 48, 64 and 128 pixels, and the projection cGAN at 32 and 128.

Its generators upsample bilinearly, the first dense layer makes (channels, height, width), all heads
have a bias, and the ReLU of the discriminators works in place.
"""

import math
import re

from keras_san.convert.biggan_names import with_present_shortcuts
from keras_san.convert.dialect import TORCH, Dialect
from keras_san.convert.layouts import channels_last
from keras_san.convert.plan import Plan, resolution_of, shape_of, whole
from keras_san.convert.rectified import rectified
from keras_san.models.head import make_head
from keras_san.models.sngan.sngan_discriminator import SNGANDiscriminator
from keras_san.models.sngan.sngan_generator import SNGANGenerator
from keras_san.models.sngan.sngan_tables import DISCRIMINATORS, GENERATORS

REFERENCE = "https://github.com/kwotsin/mimicry"
# Blocks and name of the head, by which alone 48 and 64 pixels differ.
_DISCRIMINATORS = {(4, "l5"): 32, (5, "l5"): 48, (5, "l6"): 64, (6, "l7"): 128}
_IGNORE = (r"\.num_batches_tracked$", r"\.sn_sigma$")


def build(tensors):
    """The plan of a file; `tensors` is a dictionary."""
    if any(name.startswith("l1.") for name in tensors):
        return _generator(tensors, TORCH)
    return _discriminator(tensors)


def _dialect(tensors, name):
    """Of a layer: one network may hold PyTorch's spectral normalisation and mimicry's own."""
    return Dialect(left=".sn_u") if f"{name}.sn_u" in tensors else TORCH


def _count(tensors):
    return len({name.split(".")[0] for name in tensors if name.startswith("block")})


def _generator(tensors, dialect):
    count = _count(tensors)
    outputs, latent_dim = shape_of(tensors, "l1.weight")
    channels = shape_of(tensors, "block2.c1.weight")[1]
    size = math.isqrt(whole(outputs, channels, "l1.weight"))
    key = lambda table: (len(table.channels) - 1, table.map_size)  # noqa: E731
    what = "generator"
    resolution = resolution_of(GENERATORS, (count, size), key, what)
    table = GENERATORS[resolution]
    classes = "block2.b1.embed.weight"
    num_classes = tensors[classes].shape[0] if classes in tensors else 0
    last = f"{count + 2}"
    network = SNGANGenerator(
        (resolution, resolution, shape_of(tensors, f"c{last}.weight")[0]),
        latent_dim=latent_dim,
        num_classes=num_classes,
        width=whole(channels, table.channels[0], "block2.c1.weight"),
        interpolation="bilinear",
    )
    mapping = (
        dialect.dense("dense", "l1", spectral=False, outputs=channels_last(channels, size, size))
        | dialect.batch_normalization("normalization", f"b{last}")
        | dialect.convolution("to_image", f"c{last}", spectral=False)
    )
    for number in range(1, count + 1):
        mapping |= _generator_block(dialect, f"block{number}", f"block{number + 1}", num_classes)
    return Plan(network, mapping, tensors, True, _IGNORE)


def _generator_block(dialect, ours, theirs, num_classes):
    mapping = dialect.convolution(f"{ours}.shortcut", f"{theirs}.c_sc", spectral=False)
    for index in (1, 2):
        path, name = f"{ours}.normalization{index}", f"{theirs}.b{index}"
        mapping |= dialect.convolution(
            f"{ours}.convolution{index}", f"{theirs}.c{index}", spectral=False
        )
        if num_classes:
            mapping |= dialect.statistics(path, f"{name}.bn") | {
                f"{path}.gain": (f"{name}.embed.weight", _first_half),
                f"{path}.bias": (f"{name}.embed.weight", _second_half),
            }
        else:
            mapping |= dialect.batch_normalization(path, name)
    return mapping


def _first_half(table):
    return table[:, : table.shape[1] // 2]


def _second_half(table):
    return table[:, table.shape[1] // 2 :]


def _discriminator(tensors):
    count = _count(tensors)
    heads = [name.split(".")[0] for name in tensors if re.match(r"l\d+\.", name)]
    dense = heads[0] if heads else "l"
    if (count, dense) not in _DISCRIMINATORS:
        raise ValueError(
            f"The file holds a discriminator of {count} blocks with the head '{dense}'; those of "
            f"{', '.join(map(str, _DISCRIMINATORS.values()))} pixels have "
            f"{', '.join(map(str, _DISCRIMINATORS))}."
        )
    resolution = _DISCRIMINATORS[count, dense]
    first = "block1.c1" + _dialect(tensors, "block1.c1").spectral_weight
    channels, image_channels = shape_of(tensors, first)[:2]
    dialect = _dialect(tensors, dense)
    embedding = "l_y" + dialect.spectral_weight
    num_classes = tensors[embedding].shape[0] if embedding in tensors else 0
    network = SNGANDiscriminator(
        (resolution, resolution, image_channels),
        num_classes=num_classes,
        width=whole(channels, DISCRIMINATORS[resolution].channels[0], first),
        head="dense",
    )
    head = make_head("dense", num_classes, spectral_normalization=True)
    network = rectified(network, head)
    mapping = dialect.head(dense, "l_y" if num_classes else None)
    block = with_present_shortcuts(_discriminator_block, network)
    for number in range(1, count + 1):
        mapping |= block(tensors, f"trunk.block{number}", f"block{number}")
    return Plan(network, mapping, tensors, False, _IGNORE)


def _discriminator_block(tensors, path, name, shortcut=True):
    layers = {"convolution1": f"{name}.c1", "convolution2": f"{name}.c2"}
    layers |= {"shortcut": f"{name}.c_sc"} if shortcut else {}
    mapping = {}
    for ours, theirs in layers.items():
        mapping |= _dialect(tensors, theirs).convolution(f"{path}.{ours}", theirs)
    return mapping
