"""StudioGAN: the backbones `big_resnet` and `big_resnet_deep_legacy`, both networks.

Its condition is (embedding, latents), the first dense layer makes (channels, 4, 4), epsilon is
1e-4, the spectral normalisation is PyTorch's own, its ReLU works in place, and attention counts
among the blocks. Read are ReLU networks with conditional batch normalisation and the projection
discriminator, or without classes; and attention at 64 pixels, as the networks here have it.
"""

from keras_san.convert import biggan_networks
from keras_san.convert.biggan_names import Names
from keras_san.convert.dialect import Dialect

REFERENCE = "https://github.com/POSTECH-CVLab/PyTorch-StudioGAN"
_IGNORE = (r"\.num_batches_tracked$",)
_GENERATOR = {
    "dense": "linear0",
    "embedding": "shared",
    "normalization": "bn4",
    "to_image": "conv2d5",
    "blocks": r"blocks\.\d+\.0\.conv2d1\.",
}
_DISCRIMINATOR = {
    "dense": "linear1",
    "embedding": "embedding",
    "from_image": "input_conv",
    "blocks": r"blocks\.\d+\.0\.conv2d1\.",
}


def build(tensors, epsilon=1e-4):
    """The plan of a file.

    Args:
        tensors: dictionary.
        epsilon: float, of the batch normalisation. Defaults to `1e-4`, that of the codebase.
    """
    deep = any(".conv2d3." in name for name in tensors)
    names = _names(deep)
    if any(name.startswith("conv2d5.") for name in tensors):
        plan = biggan_networks.deep_generator_plan if deep else biggan_networks.generator_plan
        return plan(tensors, names, _GENERATOR, epsilon, _IGNORE)
    plan = biggan_networks.deep_discriminator_plan if deep else biggan_networks.discriminator_plan
    return plan(tensors, names, _DISCRIMINATOR, _IGNORE)


class _StudioGAN(Dialect):
    """A conditional normalisation keeps its statistics in a part of its own."""

    def conditional_batch_normalization(self, path, name, gain, bias, inputs=None):
        plain = super().conditional_batch_normalization(path, name, gain, bias, inputs)
        return plain | self.statistics(path, f"{name}.bn")


def _names(deep):
    return Names(
        _StudioGAN(spectral_weight=".weight_orig", left=".weight_u", right=".weight_v"),
        block=lambda number, position: f"blocks.{position}.0",
        attention=lambda number, position: f"blocks.{position}.0",
        convolutions=tuple(f".conv2d{number}" for number in range(1, 5 if deep else 3)),
        shortcut=".conv2d0",
        attention_parts=(".conv1x1_theta", ".conv1x1_phi", ".conv1x1_g", ".conv1x1_attn"),
        gate=".sigma",
        relu_in_place=True,
    )
