"""BigGAN and BigGAN-deep of PyTorch codebases: the network of a file, and its mapping."""

import re

from keras_san.convert import biggan_names
from keras_san.convert.layouts import channels_last
from keras_san.convert.plan import Plan, resolution_of, shape_of, whole
from keras_san.convert.rectified import rectified
from keras_san.models.biggan.biggan_discriminator import BigGANDiscriminator
from keras_san.models.biggan.biggan_generator import BigGANGenerator
from keras_san.models.biggan.biggan_tables import TABLES
from keras_san.models.biggan_deep.biggan_deep_discriminator import BigGANDeepDiscriminator
from keras_san.models.biggan_deep.biggan_deep_generator import BigGANDeepGenerator
from keras_san.models.biggan_deep.biggan_deep_tables import ATTENTION, DISCRIMINATORS, GENERATORS


def count_blocks(tensors, pattern):
    """How many blocks there are: different matches of a pattern among the names."""
    return len({match[0] for name in tensors if (match := re.match(pattern, name))})


def deep_blocks(table):
    """Number of blocks of a BigGAN-deep table."""
    return len(table[1:]) - table.count(ATTENTION)


def generator_plan(tensors, names, layers, epsilon, ignore):
    """A generator of BigGAN.

    Args:
        tensors: dictionary.
        names: `Names`.
        layers: dictionary with the names of `dense`, `embedding`, `normalization`, `to_image` and
            the pattern `blocks` of the blocks' first convolution.
        epsilon: float, of the batch normalisation.
        ignore: tuple of regular expressions.
    """
    dialect = names.dialect
    count = count_blocks(tensors, layers["blocks"])
    size = lambda table: len(table.generator.channels) - 1  # noqa: E731
    resolution = resolution_of(TABLES, count, size, "BigGAN generator")
    table = TABLES[resolution].generator
    dense = layers["dense"] + dialect.spectral_weight
    outputs, chunk = shape_of(tensors, dense)
    channels = whole(outputs, 16, dense)
    first = names.block(0, 0) + names.normalizations[0] + names.gain
    arguments = _conditioning(tensors, names, layers, first, chunk, count)
    network = BigGANGenerator(
        (
            resolution,
            resolution,
            shape_of(tensors, layers["to_image"] + dialect.spectral_weight)[0],
        ),
        width=whole(channels, table.channels[0], dense),
        normalization_epsilon=epsilon,
        **arguments,
    )
    tables = arguments["shared_dim"] == 0

    def block(names, path, name):
        return biggan_names.generator_block(names, path, name, tables)

    mapping = _generator_ends(
        names, layers, bool(arguments["num_classes"]) and not tables, channels
    )
    mapping |= biggan_names.blocks(names, biggan_names.generator_sequence(table), block)
    return Plan(network, mapping, tensors, True, ignore)


def _image_shape(tensors, names, layers, resolution):
    channels = shape_of(tensors, layers["to_image"] + names.dialect.spectral_weight)[0]
    return resolution, resolution, channels


def _conditioning(tensors, names, layers, first, chunk, count):
    """`latent_dim`, `num_classes` and `shared_dim` of a generator."""
    dialect = names.dialect
    if first + dialect.spectral_weight not in tensors or _is_table(tensors, names, layers, first):
        classes = shape_of(tensors, first + dialect.weight)[0]
        return {"latent_dim": chunk, "num_classes": classes, "shared_dim": 0}
    condition = shape_of(tensors, first + dialect.spectral_weight)[1]
    embedding = layers["embedding"] + dialect.weight
    num_classes, shared = tensors[embedding].shape if embedding in tensors else (0, 0)
    if condition - shared != chunk:
        raise ValueError(
            f"misshapen {first + dialect.spectral_weight}: its {condition} inputs are not the "
            f"{shared} of the class embedding and a chunk of {chunk} latents. Only hierarchical "
            "latents, cut into equal chunks, are known here."
        )
    return {
        "latent_dim": chunk * (count + 1),
        "num_classes": num_classes,
        # Any number but 0 says that the latents are cut into chunks.
        "shared_dim": shared or 1,
    }


def _is_table(tensors, names, layers, first):
    """Whether gains are a row a class: an embedding, without vector."""
    return first + names.dialect.left not in tensors


def _generator_ends(names, layers, has_embedding, channels):
    dialect = names.dialect
    outputs = channels_last(channels, 4, 4)
    mapping = (
        dialect.dense("dense", layers["dense"], inputs=names.inputs, outputs=outputs)
        | dialect.batch_normalization(
            "normalization", layers["normalization"], names.final_gain, names.final_bias
        )
        | dialect.convolution("to_image", layers["to_image"])
    )
    if has_embedding:
        mapping["class_embedding.embeddings"] = layers["embedding"] + dialect.weight
    return mapping


def deep_generator_plan(tensors, names, layers, epsilon, ignore):
    """A generator of BigGAN-deep; arguments as `generator_plan`."""
    dialect = names.dialect
    count = count_blocks(tensors, layers["blocks"])
    resolution = resolution_of(GENERATORS, count, deep_blocks, "BigGAN-deep generator")
    table = GENERATORS[resolution]
    dense = layers["dense"] + dialect.spectral_weight
    outputs, condition = shape_of(tensors, dense)
    channels = whole(outputs, 16, dense)
    embedding = layers["embedding"] + dialect.weight
    num_classes, shared = tensors[embedding].shape if embedding in tensors else (0, 0)
    network = BigGANDeepGenerator(
        (
            resolution,
            resolution,
            shape_of(tensors, layers["to_image"] + dialect.spectral_weight)[0],
        ),
        latent_dim=condition - shared,
        num_classes=num_classes,
        width=whole(channels, table[0][0], dense),
        shared_dim=shared or 1,
        normalization_epsilon=epsilon,
    )
    mapping = _generator_ends(names, layers, bool(num_classes), channels)
    mapping |= biggan_names.blocks(
        names, biggan_names.deep_sequence(table), biggan_names.deep_generator_block
    )
    return Plan(network, mapping, tensors, True, ignore)


def discriminator_plan(tensors, names, layers, ignore):
    """A discriminator of BigGAN; `layers` has `dense`, `embedding` and the pattern `blocks`."""
    weight = names.dialect.spectral_weight
    count = count_blocks(tensors, layers["blocks"])
    size = lambda table: len(table.discriminator.channels)  # noqa: E731
    resolution = resolution_of(TABLES, count, size, "BigGAN discriminator")
    table = TABLES[resolution].discriminator
    first = names.block(0, 0) + names.convolutions[0] + weight
    channels, image_channels = shape_of(tensors, first)[:2]
    network = BigGANDiscriminator(
        (resolution, resolution, image_channels),
        num_classes=_classes(tensors, layers, weight),
        width=whole(channels, table.channels[0], first),
        head="dense",
    )
    sequence = biggan_names.discriminator_sequence(table, resolution)
    block = biggan_names.with_present_shortcuts(biggan_names.discriminator_block, network)
    return _discriminator(network, tensors, names, layers, sequence, block, {}, ignore)


def deep_discriminator_plan(tensors, names, layers, ignore):
    """A discriminator of BigGAN-deep; `layers` has `from_image` too."""
    weight = names.dialect.spectral_weight
    count = count_blocks(tensors, layers["blocks"])
    resolution = resolution_of(DISCRIMINATORS, count, deep_blocks, "BigGAN-deep discriminator")
    table = DISCRIMINATORS[resolution]
    first = layers["from_image"] + weight
    channels, image_channels = shape_of(tensors, first)[:2]
    network = BigGANDeepDiscriminator(
        (resolution, resolution, image_channels),
        num_classes=_classes(tensors, layers, weight),
        width=whole(channels, table[0][0], first),
        head="dense",
    )
    stem = names.dialect.convolution("trunk.from_image", layers["from_image"])
    block = biggan_names.with_present_shortcuts(biggan_names.deep_discriminator_block, network)
    sequence = biggan_names.deep_sequence(table)
    return _discriminator(network, tensors, names, layers, sequence, block, stem, ignore)


def _classes(tensors, layers, weight):
    embedding = layers["embedding"] + weight
    return tensors[embedding].shape[0] if embedding in tensors else 0


def _discriminator(network, tensors, names, layers, sequence, block, stem, ignore):
    dialect = names.dialect
    embedding = layers["embedding"] if network.num_classes else None
    network = rectified(network) if names.relu_in_place else network
    mapping = stem | biggan_names.blocks(names, sequence, block, "trunk.")
    mapping |= dialect.head(layers["dense"], embedding)
    return Plan(network, mapping, tensors, False, ignore)
