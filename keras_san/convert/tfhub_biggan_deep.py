"""Variables of the BigGAN-deep generators of TF-Hub, written to an `.npz` or `.safetensors` file.

The names are those of the module's variables, `Generator/GBlock_1/conv0/w/ema_0.9999` and their
like, with or without `module/` in front and `:0` behind. The batch statistics of 51 truncations are
constants of its graph, `stack_1`, `stack_3`, `stack_6`, `stack_8`, `stack_11` ...: mean and
variance of one batch normalisation after the other. Save those tensors under their names too.

Averaged weights (`ema_0.9999`) are taken. The condition is (latents, embedding), the kernels are in
Keras's layout already, and a kernel is divided by the norm that half an iteration from `u0` gives.
"""

import dataclasses
import re

from keras_san.convert import biggan_names, layouts
from keras_san.convert.biggan_names import Names
from keras_san.convert.biggan_networks import count_blocks, deep_blocks
from keras_san.convert.dialect import Dialect, swapped
from keras_san.convert.huggingface_biggan_deep import last_row
from keras_san.convert.plan import Plan, resolution_of, shape_of, whole
from keras_san.models.biggan_deep.biggan_deep_generator import BigGANDeepGenerator
from keras_san.models.biggan_deep.biggan_deep_tables import GENERATORS

REFERENCE = "https://tfhub.dev/deepmind/biggan-deep-128/1"
_AVERAGE = "/ema_0.9999"
# Weights as they were trained, of which the averages are taken, and vectors of no use here.
_IGNORE = (r"/(w|b|gamma|offset|scale)$", r"/u1$", r"(^|/)global_step$")


@dataclasses.dataclass(frozen=True)
class _TFHub(Dialect):
    """Batch statistics are numbered through, and have no name of their layer."""

    numbers: dict = dataclasses.field(default_factory=dict)

    def statistics(self, path, name):
        number = self.numbers[name]
        return {
            f"{path}.moving_mean": (f"stack_{5 * number + 1}", last_row),
            f"{path}.moving_variance": (f"stack_{5 * number + 3}", last_row),
        }


def build(tensors, epsilon=1e-4):
    """The plan of a file.

    Args:
        tensors: dictionary.
        epsilon: float, of the batch normalisation. Defaults to `1e-4`, that of the modules.
    """
    tensors = rename(tensors)
    count = count_blocks(tensors, r"Generator/GBlock(_\d+)?/conv0/")
    resolution = resolution_of(GENERATORS, count, deep_blocks, "BigGAN-deep generator")
    table = GENERATORS[resolution]
    dense, to_image = "Generator/GenZ/G_linear", "Generator/conv_to_rgb"
    condition, outputs = shape_of(tensors, f"{dense}/w{_AVERAGE}")
    num_classes, shared = shape_of(tensors, f"linear/w{_AVERAGE}")
    latent_dim = condition - shared
    network = BigGANDeepGenerator(
        (resolution, resolution, 3),
        latent_dim=latent_dim,
        num_classes=num_classes,
        width=whole(outputs, 16 * table[0][0], f"{dense}/w{_AVERAGE}"),
        shared_dim=shared,
        normalization_epsilon=epsilon,
        last_channels=shape_of(tensors, f"{to_image}/w{_AVERAGE}")[-1],
    )
    names = _names(count, swapped(latent_dim, shared))
    dialect = names.dialect
    mapping = (
        {"class_embedding.embeddings": f"linear/w{_AVERAGE}"}
        | dialect.dense("dense", dense, inputs=names.inputs)
        | dialect.batch_normalization(
            "normalization", "Generator/BatchNorm", f"/scale{_AVERAGE}", f"/offset{_AVERAGE}"
        )
        | dialect.convolution("to_image", to_image)
        | biggan_names.blocks(
            names, biggan_names.deep_sequence(table), biggan_names.deep_generator_block
        )
    )
    return Plan(network, mapping, tensors, True, _IGNORE, has_truncation_statistics=True)


def rename(tensors):
    """The tensors under names without the module's prefix and the output's number."""
    prefixes = r"^(module/|module_apply_default/)"
    return {re.sub(prefixes, "", name).removesuffix(":0"): t for name, t in tensors.items()}


def _names(count, inputs):
    numbered = lambda name, number: f"{name}_{number}" if number else name  # noqa: E731
    blocks = [numbered("Generator/GBlock", number) for number in range(count)]
    normalizations = tuple(numbered("/BatchNorm", number) for number in range(4))
    layers = [block + name for block in blocks for name in normalizations]
    return Names(
        _dialect({name: number for number, name in enumerate([*layers, "Generator/BatchNorm"])}),
        block=lambda number, position: blocks[number],
        attention=lambda number, position: "Generator/attention",
        convolutions=tuple(f"/conv{number}" for number in range(4)),
        normalizations=normalizations,
        gain="/scale",
        bias="/offset",
        attention_parts=("/theta", "/phi", "/g", "/o_conv"),
        gate=f"/gamma{_AVERAGE}",
        inputs=inputs,
    )


def _dialect(numbers):
    return _TFHub(
        weight=f"/w{_AVERAGE}",
        spectral_weight=f"/w{_AVERAGE}",
        left="/u0",
        bias=f"/b{_AVERAGE}",
        convolution_layout=layouts.as_it_is,
        dense_layout=layouts.as_it_is,
        as_matrix=lambda array: array.reshape(-1, array.shape[-1]).T,
        vector_layout=layouts.vector,
        numbers=numbers,
    )
