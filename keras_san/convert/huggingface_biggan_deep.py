"""pytorch-pretrained-BigGAN of Hugging Face: the released BigGAN-deep generators.

Its condition is (latents, embedding), the first dense layer makes (4, 4, channels), epsilon is
1e-4, the last convolution makes more channels than the image has, the class embedding is a linear
layer, and batch statistics have a row for each of 51 truncations.
"""

import dataclasses

from keras_san.convert import biggan_names, layouts
from keras_san.convert.biggan_names import Names
from keras_san.convert.biggan_networks import count_blocks, deep_blocks
from keras_san.convert.dialect import TORCH, swapped
from keras_san.convert.plan import Plan, resolution_of, shape_of, whole
from keras_san.models.biggan_deep.biggan_deep_generator import BigGANDeepGenerator
from keras_san.models.biggan_deep.biggan_deep_tables import GENERATORS

REFERENCE = "https://github.com/huggingface/pytorch-pretrained-BigGAN"


def last_row(sets):
    """The statistics of truncation 1 among those of all."""
    return sets[-1]


_DIALECT = dataclasses.replace(
    TORCH, mean=".running_means", variance=".running_vars", statistic_layout=last_row
)


def build(tensors, epsilon=1e-4):
    """The plan of a file.

    Args:
        tensors: dictionary.
        epsilon: float, of the batch normalisation. Defaults to `1e-4`, that of the codebase.
    """
    dense, to_image = "generator.gen_z", "generator.conv_to_rgb"
    count = count_blocks(tensors, r"generator\.layers\.\d+\.conv_0\.")
    resolution = resolution_of(GENERATORS, count, deep_blocks, "BigGAN-deep generator")
    table = GENERATORS[resolution]
    outputs, condition = shape_of(tensors, f"{dense}.weight_orig")
    shared, num_classes = shape_of(tensors, "embeddings.weight")
    latent_dim = condition - shared
    network = BigGANDeepGenerator(
        (resolution, resolution, 3),
        latent_dim=latent_dim,
        num_classes=num_classes,
        width=whole(outputs, 16 * table[0][0], f"{dense}.weight_orig"),
        shared_dim=shared,
        normalization_epsilon=epsilon,
        last_channels=shape_of(tensors, f"{to_image}.weight_orig")[0],
    )
    names = _names(swapped(latent_dim, shared))
    mapping = (
        {"class_embedding.embeddings": ("embeddings.weight", layouts.dense)}
        | _DIALECT.dense("dense", dense, inputs=names.inputs)
        | _DIALECT.batch_normalization("normalization", "generator.bn")
        | _DIALECT.convolution("to_image", to_image)
        | biggan_names.blocks(
            names, biggan_names.deep_sequence(table), biggan_names.deep_generator_block
        )
    )
    # Files of old versions of PyTorch hold the normalised kernel as well.
    ignore = (r"^generator\.(?!bn\.).*\.weight$",)
    return Plan(network, mapping, tensors, True, ignore, has_truncation_statistics=True)


def _names(inputs):
    return Names(
        _DIALECT,
        block=lambda number, position: f"generator.layers.{position}",
        attention=lambda number, position: f"generator.layers.{position}",
        convolutions=tuple(f".conv_{number}" for number in range(4)),
        normalizations=tuple(f".bn_{number}" for number in range(4)),
        gain=".scale",
        bias=".offset",
        attention_parts=tuple(f".snconv1x1_{part}" for part in ("theta", "phi", "g", "o_conv")),
        inputs=inputs,
    )
