"""Speed and memory of the measures: features and statistics beside torch-fidelity's.

    KERAS_BACKEND=torch python -m benchmarks.metrics
    KERAS_BACKEND=jax python -m benchmarks.metrics --images 256 --blocks 3
    python -m benchmarks.metrics --memory --count 50000

The first two time the same images through the same network and into the same statistics, on the
same cores, in turns: ours, Inception of 2015 in Keras and `FeatureStatistics`; theirs,
torch-fidelity's `FeatureExtractorInceptionV3` and its mean and covariance. The weights are drawn,
as the speed does not depend on them. The last measures the peak memory of the kernel distance and
of precision, recall, density and coverage on random features, a process each.
"""

import argparse
import datetime
import importlib
import importlib.metadata
import os
import pathlib
import subprocess
import sys
import time
import types

import numpy as np

from benchmarks import results

RESULTS = pathlib.Path(__file__).parent / "results" / "metrics.csv"
COLUMNS = (
    "date",
    "backend",
    "extractor",
    "images",
    "batch_size",
    "ours_images_per_second",
    "theirs_images_per_second",
    "ratio",
    "largest_difference",
    "blocks",
    "threads",
    "cpu",
    "versions",
)
KEY = ("backend", "extractor", "images", "batch_size", "threads", "cpu")
# Of the means of the features, beside which a network of other weights would lie far off.
LARGEST_DIFFERENCE = 1e-3
MEMORY_RESULTS = RESULTS.with_name("metrics_memory.csv")
MEMORY_COLUMNS = ("measure", "count", "dimension", "peak_gib", "seconds", *results.FACTS)
MEMORY_KEY = ("measure", "count", "dimension", "threads", "cpu")
MEMORY_GOAL = 4.0


def parse_arguments(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=256, help="in a block")
    parser.add_argument("--size", type=int, default=32, help="height and width of the images")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--blocks", type=int, default=5, help="timed blocks of each contestant")
    parser.add_argument("--out", type=pathlib.Path, help="CSV to merge into")
    parser.add_argument("--memory", action="store_true", help="measure memory in place of time")
    parser.add_argument("--count", type=int, default=50_000, help="features, with --memory")
    parser.add_argument("--dimension", type=int, default=1280, help="of them")
    parser.add_argument("--measure", choices=("kid", "prdc"), help="in this process (--memory)")
    return parser.parse_args(arguments)


class Ours:
    """Images to statistics, all in Keras and NumPy."""

    def __init__(self, tensors, batch_size):
        # The package's own name of that module is the function in it.
        module = importlib.import_module("keras_san.metrics.extractors.inception_v3")
        network = module.inception_v3_network()
        module.load_torch_weights(network, tensors)
        self.extractor = module.inception_extractor(network, "drawn")
        self.batch_size = batch_size

    def statistics(self, images):
        from keras_san.metrics import FeatureStatistics

        statistics = FeatureStatistics(self.extractor.dimension)
        for start in range(0, len(images), self.batch_size):
            batch = images[start : start + self.batch_size]
            statistics.update(self.extractor(batch, self.batch_size))
        return statistics.mean, statistics.covariance


class Theirs:
    """Images to statistics, as `calculate_metrics` does it without its data loader."""

    def __init__(self, network, batch_size):
        import torch
        from torch_fidelity import metric_fid

        self.torch, self.network, self.batch_size = torch, network, batch_size
        self.fid = metric_fid

    def statistics(self, images):
        features = []
        with self.torch.no_grad():
            for start in range(0, len(images), self.batch_size):
                batch = self.torch.from_numpy(images[start : start + self.batch_size])
                features.append(self.network(batch.permute(0, 3, 1, 2))[0])
        result = self.fid.fid_features_to_statistics(self.torch.cat(features))
        return result["mu"], result["sigma"]


def drawn_network():
    """torch-fidelity's extractor with weights from NumPy, and the same tensors as arrays."""
    golden = pathlib.Path(__file__).parents[1] / "tests" / "golden"
    sys.path.insert(0, str(golden))
    import torch
    from make_extractors import drawn_inception, inception_tensor

    unused = types.ModuleType("torch_fidelity.utils")
    unused.__getattr__ = lambda name: None
    network = drawn_inception(["2048"])
    # What reads images and downloads networks, which nothing here calls.
    sys.modules.setdefault(unused.__name__, unused)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    tensors = {
        name: inception_tensor(name, tuple(tensor.shape))
        for name, tensor in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    return network, tensors


def measure(options):
    """Seconds of each block, by contestant, and the largest difference of the means."""
    network, tensors = drawn_network()
    contestants = {
        "theirs": Theirs(network, options.batch_size),
        "ours": Ours(tensors, options.batch_size),
    }
    shape = (options.images, options.size, options.size, 3)
    images = np.random.default_rng(0).integers(0, 256, shape, "uint8")
    means = [c.statistics(images[: options.batch_size + 1])[0] for c in contestants.values()]
    difference = float(np.abs(means[0] - means[1]).max())
    if not difference < LARGEST_DIFFERENCE:
        raise SystemExit(f"The two networks differ: means of features by {difference:.1e}.")
    names = list(contestants)
    seconds = {name: [] for name in names}
    for block in range(options.blocks):
        for name in names if block % 2 else names[::-1]:
            start = time.perf_counter()
            contestants[name].statistics(images)
            seconds[name].append(time.perf_counter() - start)
    return seconds, difference


def as_row(options, seconds, difference):
    """The row of the CSV."""
    import keras

    backend = keras.backend.backend()
    speeds = {name: options.images / np.median(times) for name, times in seconds.items()}
    versions = " ".join(
        f"{name} {importlib.metadata.version(name)}"
        for name in ("keras", "torch", "torch-fidelity", *{"jax": ["jax"]}.get(backend, []))
    )
    return {
        "date": datetime.date.today().isoformat(),
        "backend": backend,
        "extractor": "inception2015",
        "images": options.images,
        "batch_size": options.batch_size,
        "ours_images_per_second": f"{speeds['ours']:.2f}",
        "theirs_images_per_second": f"{speeds['theirs']:.2f}",
        "ratio": f"{speeds['ours'] / speeds['theirs']:.3f}",
        "largest_difference": f"{difference:.1e}",
        "blocks": options.blocks,
        "threads": len(os.sched_getaffinity(0)),
        "cpu": results.processor(),
        "versions": versions,
    }


def memory(options):
    """Peak memory and time of one measure, in this process."""
    import resource

    from keras_san import metrics

    random = np.random.default_rng(0)
    shape = (options.count, options.dimension)
    real, fake = (random.standard_normal(shape, "float32") for _ in range(2))
    start = time.perf_counter()
    if options.measure == "kid":
        print(metrics.kernel_distance(real, fake))
    else:
        print(metrics.precision_recall(real, fake) | metrics.density_coverage(real, fake))
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{options.measure}, {options.count:,} x {options.dimension}: peak {peak:.2f} GiB "
        f"(goal {MEMORY_GOAL:g}), {seconds:.0f} s"
    )
    row = {"measure": options.measure, "count": options.count, "dimension": options.dimension}
    row |= {"peak_gib": f"{peak:.2f}", "seconds": f"{seconds:.0f}", **results.facts("numpy")}
    results.merge(options.out or MEMORY_RESULTS, row, MEMORY_COLUMNS, MEMORY_KEY)
    return int(peak > MEMORY_GOAL)


def memories(options):
    """A process for each measure: a peak is never given back."""
    status = 0
    for name in ("kid", "prdc"):
        command = [sys.executable, "-m", "benchmarks.metrics", "--memory", "--measure", name]
        command += ["--count", str(options.count), "--dimension", str(options.dimension)]
        command += ["--out", str(options.out)] if options.out else []
        status |= subprocess.run(command, check=False).returncode
    return status


def main(arguments=None):
    """Measures time, or memory, by the options."""
    options = parse_arguments(arguments)
    if options.memory:
        return memory(options) if options.measure else memories(options)
    row = as_row(options, *measure(options))
    print(
        f"{row['backend']} {row['extractor']}: ours {row['ours_images_per_second']} images/s, "
        f"torch-fidelity {row['theirs_images_per_second']}, ratio {row['ratio']}, "
        f"means differ by {row['largest_difference']}"
    )
    results.merge(options.out or RESULTS, row, COLUMNS, KEY)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
