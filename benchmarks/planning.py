"""A planning table for GPUs and TPUs: computed from operations and bytes, NOT measured.

    KERAS_BACKEND=jax python -m benchmarks.planning

For each network and device the larger of two times bounds a training step from below: its
operations over the device's peak of bfloat16, and its bytes over the bandwidth of its memory.
Real steps take longer, commonly two to four times, as nothing reaches either peak.

Operations are those of `benchmarks.flops`. Bytes: every output of a layer is written and read once
in each of the passes of that count, in bfloat16; an update reads weight, gradient and both moments
of Adam and writes all but the gradient, and the average is read and written, in float32. Memory
held: weights, gradients, moments and average, and the outputs of one pass of both networks on the
images of an update, the discriminator's twice (real and generated).
"""

import argparse
import math
import pathlib

import keras

import keras_san
from benchmarks import flops, results

RESULTS = pathlib.Path(__file__).parent / "results" / "planning.csv"
# Peak TFLOP/s of bfloat16 without sparsity, TB/s and GB of the memory, as their makers state them.
DEVICES = {
    "NVIDIA A100 80 GB SXM": (312.0, 2.039, 80, "NVIDIA A100 Tensor Core GPU data sheet"),
    "NVIDIA H100 80 GB SXM": (989.4, 3.35, 80, "NVIDIA H100 Tensor Core GPU data sheet"),
    "TPU v4 chip": (275.0, 1.2, 32, "cloud.google.com/tpu/docs/v4"),
    "TPU v5e chip": (197.0, 0.819, 16, "cloud.google.com/tpu/docs/v5e"),
    "TPU v5p chip": (459.0, 2.765, 95, "cloud.google.com/tpu/docs/v5p"),
}
# (architecture, resolution, classes, batch of an update)
NETWORKS = (
    ("dcgan", 32, 0, 64),
    ("sngan", 32, 10, 64),
    ("biggan", 32, 10, 64),
    ("biggan_deep", 128, 1000, 256),
)
COLUMNS = ("network", "resolution", "num_classes", "batch_size", "device", "tflop_per_step")
COLUMNS += ("gb_moved_per_step", "gb_held", "gb_of_device", "step_ms_at_least", "bound_by")
COLUMNS += ("images_per_second_at_most", "peak_tflops", "peak_tb_per_second", "source", "versions")
KEY = ("network", "resolution", "num_classes", "batch_size", "device")


def parse_arguments(arguments=None):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="*", help="architectures (default: all of the table)")
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS, help="CSV to merge into")
    return parser.parse_args(arguments)


def outputs_of(network):
    """Numbers that the layers of a functional network put out for one sample."""
    total = 0
    functional = network.trunk if hasattr(network, "trunk") else network
    for layer in functional.layers:
        inner = _inner_widths(layer)
        shapes = layer.output.shape if not isinstance(layer.output, list) else None
        if shapes is not None:
            total += math.prod(shapes[1:]) * inner
    return total


def _inner_widths(layer):
    """How many maps like its output a block makes inside: one a convolution and normalisation."""
    inner = [part for part in layer._flatten_layers(include_self=False)]
    return max(1, sum("Normalization" in type(part).__name__ for part in inner))


def parameters(network):
    """Trainable numbers of a network."""
    return sum(math.prod(weight.shape) for weight in network.trainable_weights)


def step(model, batch_size):
    """Operations, bytes moved and bytes held of one training step of a model."""
    latents, image = flops.one_sample(model)
    forward = [
        flops.forward_flops(model.generator, latents),
        flops.forward_flops(model.discriminator, image),
    ]
    updates = model.discriminator_steps
    images = batch_size * updates
    operations = flops.training_flops(*forward, updates) * images
    maps = [outputs_of(model.generator), outputs_of(model.discriminator)]
    # The passes over the maps are those of the operations: written and read, 2 bytes each.
    moved = flops.training_flops(*maps, updates) * images * 2 * 2
    weights = [parameters(model.generator), parameters(model.discriminator)]
    moved += 4 * (7 * weights[0] + 7 * updates * weights[1] + 3 * weights[0])
    held = 4 * (5 * weights[0] + 4 * weights[1]) + 2 * batch_size * (maps[0] + 2 * maps[1])
    return operations, moved, held


def measure(options):
    """The rows: a network on a device each."""
    for name, resolution, classes, batch_size in NETWORKS:
        if options.networks and name not in options.networks:
            continue
        shape = (resolution, resolution, 3)
        model = keras_san.models.build(name, shape, num_classes=classes)
        operations, moved, held = step(model, batch_size)
        for device, (tflops, bandwidth, memory, source) in DEVICES.items():
            seconds = {"operations": operations / tflops / 1e12, "bytes": moved / bandwidth / 1e12}
            bound = max(seconds, key=seconds.get)
            yield {
                "network": name,
                "resolution": resolution,
                "num_classes": classes,
                "batch_size": batch_size,
                "device": device,
                "tflop_per_step": f"{operations / 1e12:.3f}",
                "gb_moved_per_step": f"{moved / 1e9:.2f}",
                "gb_held": f"{held / 1e9:.2f}",
                "gb_of_device": memory,
                "step_ms_at_least": f"{1000 * seconds[bound]:.2f}",
                "bound_by": bound,
                "images_per_second_at_most": (
                    f"{batch_size * model.discriminator_steps / seconds[bound]:.0f}"
                ),
                "peak_tflops": tflops,
                "peak_tb_per_second": bandwidth,
                "source": source,
                "versions": f"keras {keras.__version__} keras_san {keras_san.__version__}",
            }


def main(arguments=None):
    """Computes, prints, and merges the rows into the CSV."""
    options = parse_arguments(arguments)
    for row in measure(options):
        results.merge(options.out, row, COLUMNS, KEY)
        print(
            f"{row['network']} {row['resolution']}, {row['device']}: at least "
            f"{row['step_ms_at_least']} ms a step ({row['bound_by']}), {row['gb_held']} GB",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
