"""Size, operations, speed and memory of the architectures, and two blocks beside plain PyTorch.

    python -m benchmarks.architectures --network sngan --resolution 32 --batch-size 16
    python -m benchmarks.architectures --network biggan_deep --resolution 128 --count-only
    python -m benchmarks.architectures --block biggan_deep --width 64

One process measures one thing on one backend (KERAS_BACKEND). Protocol: see benchmarks/README.md.
"""

import argparse
import datetime
import os
import pathlib
import resource
import sys
import time

import keras
import numpy as np
from keras import ops

import keras_san
from benchmarks import flops, results
from keras_san import backend, layers

FOLDER = pathlib.Path(__file__).parent / "results"
NETWORK_COLUMNS = (
    "date",
    "backend",
    "network",
    "resolution",
    "width",
    "num_classes",
    "head",
    "batch_size",
    "precision",
    "generator_parameters",
    "discriminator_parameters",
    "generated_gflops",
    "training_gflops",
    "training_images_per_second",
    "sampling_images_per_second",
    "peak_memory_mib",
    "blocks",
    "steps",
    "threads",
    "cpu",
    "versions",
)
NETWORK_KEY = NETWORK_COLUMNS[1:9] + ("threads", "cpu")
BLOCK_COLUMNS = (
    "date",
    "backend",
    "block",
    "channels",
    "size",
    "batch_size",
    "training_ms",
    "plain_training_ms",
    "training_ratio",
    "inference_ms",
    "plain_inference_ms",
    "inference_ratio",
    "blocks",
    "steps",
    "threads",
    "cpu",
    "versions",
)
BLOCK_KEY = BLOCK_COLUMNS[1:6] + ("threads", "cpu")


def parse_arguments(arguments=None):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--network", choices=sorted(keras_san.models.architectures()))
    what.add_argument("--block", choices=sorted(BLOCKS), help="a block beside plain PyTorch")
    parser.add_argument("--resolution", type=int, help="default: the smallest")
    parser.add_argument("--width", type=int, help="default: the paper's (a block: 64)")
    parser.add_argument("--num-classes", type=int, default=0)
    parser.add_argument("--head", default="san")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--blocks", type=int, default=5, help="timed blocks")
    parser.add_argument("--steps", type=int, default=3, help="steps in a block")
    parser.add_argument("--precision", choices=("float32", "mixed_bfloat16"), default="float32")
    parser.add_argument(
        "--count-only",
        action="store_true",
        help="parameters and operations only; without --out no row",
    )
    parser.add_argument("--out", type=pathlib.Path, help="CSV to merge into")
    return parser.parse_args(arguments)


def common_columns(options):
    """What every row says about the run."""
    framework = __import__(keras.backend.backend())
    return {
        "date": datetime.date.today().isoformat(),
        "backend": keras.backend.backend(),
        "batch_size": options.batch_size,
        "blocks": options.blocks,
        "steps": options.steps,
        "threads": len(os.sched_getaffinity(0)),
        "cpu": results.processor(),
        "versions": f"keras {keras.__version__} {framework.__name__} {framework.__version__}",
    }


def peak_memory_mib():
    """The most memory that this process ever held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10))


class StepTimer(keras.callbacks.Callback):
    """Seconds of an epoch's steps, without what `fit` sets up before them."""

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        # Reading a log waits for the last step where a backend runs behind.
        float(next(iter(logs.values())))
        self.seconds = time.perf_counter() - self.start


def measure_network(options):
    """The row of an architecture."""
    keras.config.set_dtype_policy(options.precision)
    known = keras_san.models.architectures()[options.network].resolutions
    resolution = options.resolution or min(known)
    model = keras_san.models.build(
        options.network,
        (resolution, resolution, 3),
        num_classes=options.num_classes,
        head=options.head,
        width=options.width,
    )
    latents, images = flops.one_sample(model)
    generated = flops.forward_flops(model.generator, latents)
    scored = flops.forward_flops(model.discriminator, images)
    trained = flops.training_flops(generated, scored, model.discriminator_steps)
    row = common_columns(options) | {
        "network": options.network,
        "resolution": resolution,
        "width": model.generator.width,
        "num_classes": options.num_classes,
        "head": options.head,
        "precision": options.precision,
        "generator_parameters": _trainable(model.generator),
        "discriminator_parameters": _trainable(model.discriminator),
        "generated_gflops": f"{generated / 1e9:.3f}",
        "training_gflops": f"{trained / 1e9:.3f}",
        "training_images_per_second": "",
        "sampling_images_per_second": "",
        "peak_memory_mib": "",
    }
    if not options.count_only:
        row["training_images_per_second"] = f"{_training_rate(model, options):.2f}"
        row["sampling_images_per_second"] = f"{_sampling_rate(model, options):.2f}"
        row["peak_memory_mib"] = peak_memory_mib()
    return row


def _trainable(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


def _training_rate(model, options):
    """Real images a second, the median of the blocks."""
    model.compile()
    count = options.steps * options.batch_size * model.discriminator_steps
    images = np.random.randint(0, 256, (count, *model.image_shape)).astype("uint8")
    labels = np.random.randint(0, max(options.num_classes, 1), count)
    seconds = []
    for _ in range(options.blocks + 1):
        timer = StepTimer()
        model.fit(
            images,
            labels if options.num_classes else None,
            batch_size=options.batch_size * model.discriminator_steps,
            verbose=0,
            callbacks=[timer],
        )
        seconds.append(timer.seconds)
    # The first block compiles.
    return count / float(np.median(seconds[1:]))


def _sampling_rate(model, options):
    """Generated images a second, the median of the blocks."""
    count = options.steps * options.batch_size
    seconds = []
    for _ in range(options.blocks + 1):
        start = time.perf_counter()
        model.generate(count, batch_size=options.batch_size)
        seconds.append(time.perf_counter() - start)
    return count / float(np.median(seconds[1:]))


def _sngan_block(options):
    """Ours, plain and their inputs: 4 times the width, 8x8 to 16x16."""
    from benchmarks.plain.torch_blocks import SNGANBlock

    channels = 4 * options.width
    inputs = [np.random.normal(size=(options.batch_size, 8, 8, channels)).astype("float32")]
    block = layers.GeneratorBlock(channels, layers.BatchNormalization(momentum=0.9, epsilon=1e-5))
    return block, SNGANBlock(channels), inputs


def _biggan_deep_block(options):
    """Ours, plain and their inputs: 8 times the width, 8x8 to 16x16, a condition of 256."""
    from benchmarks.plain.torch_blocks import BigGANDeepBlock

    channels = 8 * options.width
    inputs = [np.random.normal(size=(options.batch_size, 8, 8, channels)).astype("float32")]
    inputs.append(np.random.normal(size=(options.batch_size, 256)).astype("float32"))
    normalization = layers.ConditionalBatchNormalization(
        spectral_normalization=True, momentum=0.9, epsilon=1e-5
    )
    block = layers.DeepGeneratorBlock(channels, normalization, upsample=True)
    return block, BigGANDeepBlock(channels, 256), inputs


BLOCKS = {"sngan": _sngan_block, "biggan_deep": _biggan_deep_block}


class OurBlock:
    """A block of ours as a Keras model: its training step (mean of squares, SGD), its inference."""

    def __init__(self, block, inputs):
        symbols = [keras.Input(array.shape[1:]) for array in inputs]
        self.model = keras.Model(symbols, block(symbols if len(symbols) > 1 else symbols[0]))
        self.model.compile("sgd", "mse", jit_compile=backend.prefers_jit_compile())
        self.inputs = inputs
        self.target = np.zeros((len(inputs[0]), *self.model.output_shape[1:]), "float32")
        self.compiled = backend.compiled(self.model)
        self.tensors = [ops.convert_to_tensor(array) for array in inputs]

    def training_seconds(self, steps):
        """Time of steps, one after the other."""
        timer = StepTimer()
        rows = [np.concatenate([array] * steps) for array in (*self.inputs, self.target)]
        *inputs, target = rows
        self.model.fit(inputs, target, batch_size=len(self.target), verbose=0, callbacks=[timer])
        return timer.seconds

    def inference_seconds(self, steps):
        """Time of calls in inference mode."""
        start = time.perf_counter()
        for _ in range(steps):
            float(ops.convert_to_numpy(ops.sum(self.compiled(self.tensors))))
        return time.perf_counter() - start


def measure_block(options):
    """The row of a block; ours and plain take turns."""
    from benchmarks.plain.torch_blocks import PlainBlock

    options.width = options.width or 64
    block, module, inputs = BLOCKS[options.block](options)
    contestants = {"": OurBlock(block, inputs), "plain_": PlainBlock(module, inputs)}
    row = common_columns(options)
    row |= {"block": options.block, "channels": inputs[0].shape[-1], "size": inputs[0].shape[1]}
    for kind in ("training", "inference"):
        times = {name: [] for name in contestants}
        for number in range(options.blocks + 1):
            for name in sorted(contestants, reverse=bool(number % 2)):
                seconds = getattr(contestants[name], f"{kind}_seconds")(options.steps)
                times[name].append(1000.0 * seconds / options.steps)
        # The first block compiles.
        medians = {name: float(np.median(values[1:])) for name, values in times.items()}
        row |= {f"{name}{kind}_ms": f"{value:.2f}" for name, value in medians.items()}
        row[f"{kind}_ratio"] = f"{medians['plain_'] / medians['']:.3f}"
    return row


def main(arguments=None):
    """Measures, prints, and merges the row into the CSV of its kind."""
    options = parse_arguments(arguments)
    keras.utils.set_random_seed(0)
    if options.block:
        row, columns, key, name = measure_block(options), BLOCK_COLUMNS, BLOCK_KEY, "blocks"
    else:
        row, columns, key = measure_network(options), NETWORK_COLUMNS, NETWORK_KEY
        name = "architectures"
    for column in columns:
        print(f"{column}: {row[column]}")
    if options.count_only and not options.out:
        # A row of counts alone would stand in the place of a measured one.
        return 0
    results.merge(options.out or FOLDER / f"{name}.csv", row, columns, key)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
