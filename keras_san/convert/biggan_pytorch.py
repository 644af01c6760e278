"""BigGAN-PyTorch: `G.pth`, `G_ema.pth` and `D.pth`, of BigGAN and of BigGAN-deep.

Its condition is (embedding, latents), the first dense layer makes (channels, 4, 4), and a kernel
is divided by the norm that half an iteration from the stored vector `u0` gives.
"""

import dataclasses

from keras_san.convert import biggan_networks
from keras_san.convert.biggan_names import Names
from keras_san.convert.dialect import Dialect

REFERENCE = "https://github.com/ajbrock/BigGAN-PyTorch"
_IGNORE = (r"\.sv\d+$", r"\.num_batches_tracked$", r"\.accumulation_counter$")
_COUNTER = ".accumulation_counter"
_PLAIN = (".stored_mean", ".stored_var")
_GENERATOR = {
    "dense": "linear",
    "embedding": "shared",
    "normalization": "output_layer.0",
    "to_image": "output_layer.2",
    "blocks": r"blocks\.\d+\.\d+\.conv1\.",
}
_DISCRIMINATOR = {
    "dense": "linear",
    "embedding": "embed",
    "from_image": "input_conv",
    "blocks": r"blocks\.\d+\.\d+\.conv1\.",
}


def build(tensors, epsilon=1e-5):
    """The plan of a file.

    Args:
        tensors: dictionary.
        epsilon: float, of the batch normalisation: the option `BN_eps` of the training, which the
            file does not tell. Defaults to `1e-5`, its default.
    """
    deep = any(".conv3." in name for name in tensors)
    is_generator = any(name.startswith("output_layer.") for name in tensors)
    tensors, (mean, variance) = batch_statistics(tensors)
    names = Names(
        Dialect(left=".u0", mean=mean, variance=variance),
        block=lambda number, position: f"blocks.{number}.0",
        attention=lambda number, position: f"blocks.{number}.1",
        final_gain=".gain",
    )
    if is_generator:
        plan = biggan_networks.deep_generator_plan if deep else biggan_networks.generator_plan
        return plan(tensors, names, _GENERATOR, epsilon, _IGNORE)
    if deep:
        # Two blocks a resolution, and the attention behind them.
        names = dataclasses.replace(
            names,
            block=lambda number, position: f"blocks.{number // 2}.{number % 2}",
            attention=lambda number, position: f"blocks.{number // 2}.2",
        )
        return biggan_networks.deep_discriminator_plan(tensors, names, _DISCRIMINATOR, _IGNORE)
    return biggan_networks.discriminator_plan(tensors, names, _DISCRIMINATOR, _IGNORE)


def batch_statistics(tensors):
    """The tensors, and the endings of the statistics' names, which depend on the training."""
    styles = (".bn.running_mean", ".bn.running_var"), (".bn.stored_mean", ".bn.stored_var")
    pair = next((s for s in styles if any(name.endswith(s[0]) for name in tensors)), _PLAIN)
    tensors = dict(tensors)
    for name in [name for name in tensors if name.endswith(_COUNTER)]:
        layer, count = name.removesuffix(_COUNTER), float(tensors[name].reshape(-1)[0])
        for statistic in (".stored_mean", ".stored_var"):
            if count > 0 and layer + statistic in tensors:
                # Standing statistics are stored as sums.
                tensors[layer + statistic] = tensors[layer + statistic] / count
    return tensors, pair
