"""How a step's time grows: with devices, with the batch, the resolution, the width.

    KERAS_BACKEND=jax python -m benchmarks.scaling
    KERAS_BACKEND=torch python -m benchmarks.scaling --only devices --blocks 3

A process (or a job of several) a row: DCGAN, float32. Devices are virtual ones of one processor,
which they share: the rows say what sharing out costs, not what more hardware gains. Virtual
devices (JAX), logical ones (TensorFlow, `"mirrored"`) or processes (PyTorch, gloo), each with a
core at most; the batch is the same for all of them.
"""

import argparse
import json
import os
import pathlib
import socket
import subprocess
import sys

from benchmarks import results

FOLDER = pathlib.Path(__file__).parent
RESULTS = FOLDER / "results" / "scaling.csv"
COLUMNS = ("backend", "varied", "devices", "batch_size", "resolution", "width", "step_ms", "iqr_ms")
COLUMNS += ("training_gflops", "blocks", "steps", *results.FACTS)
KEY = ("backend", "varied", "devices", "batch_size", "resolution", "width", "threads", "cpu")
BASE = {"devices": 1, "batch_size": 32, "resolution": 32, "width": 32}
VARIED = {
    "devices": (1, 2, 4),
    "batch_size": (8, 16, 32, 64, 128),
    "resolution": (32, 64, 128),
    "width": (8, 16, 32, 64),
}


def parse_arguments(arguments=None):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=list(VARIED), default=list(VARIED))
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--steps", type=int, default=3, help="steps in a block")
    parser.add_argument("--largest", type=int, help="leave larger values out")
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS, help="CSV to merge into")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def run(setting):
    """The report of a job of its own with that setting."""
    backend, devices = os.environ.get("KERAS_BACKEND", "tensorflow"), setting["devices"]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "benchmarks.scaling", "--worker", json.dumps(setting)]
    count = 1
    if devices > 1 and backend == "jax":
        environment["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={devices}"
    if devices > 1 and backend == "torch":
        count = devices
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        environment |= {"WORLD_SIZE": str(count), "OMP_NUM_THREADS": "1"}
    ranks = [{"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(count)]
    if count == 1:
        ranks = [{}]
    jobs = [
        subprocess.Popen(
            command, cwd=FOLDER.parent, env=environment | rank, stdout=subprocess.PIPE, text=True
        )
        for rank in ranks
    ]
    outputs = [job.communicate()[0] for job in jobs]
    if any(job.returncode for job in jobs):
        raise RuntimeError(f"{setting}: the job failed")
    return json.loads(outputs[0].splitlines()[-1])


def work(setting):
    """Trains in this process, and prints the times as the last line."""
    import keras
    import numpy as np

    import keras_san
    from benchmarks import flops
    from benchmarks.step_time import BlockTimer
    from benchmarks.turns import median, spread

    backend = keras.backend.backend()
    if backend == "tensorflow" and setting["devices"] > 1:
        import tensorflow

        logical = [tensorflow.config.LogicalDeviceConfiguration()] * setting["devices"]
        device = tensorflow.config.list_physical_devices("CPU")[0]
        tensorflow.config.set_logical_device_configuration(device, logical)
    engine = {"jax": "jax", "tensorflow": "mirrored", "torch": "torch"}[backend]
    shape = (setting["resolution"], setting["resolution"], 3)
    keras.utils.set_random_seed(0)
    with keras_san.distribute(engine if setting["devices"] > 1 else "none"):
        model = keras_san.models.build("dcgan", shape, width=setting["width"])
        model.compile()
    count = setting["steps"] * setting["batch_size"]
    images = np.random.randint(0, 256, (count, *shape)).astype("uint8")
    seconds = []
    for _ in range(setting["blocks"] + 1):
        timer = BlockTimer()
        data = keras_san.data.arrays(images, batch_size=setting["batch_size"])
        model.fit(data, verbose=0, callbacks=[timer])
        seconds.append(1000.0 * timer.seconds / setting["steps"])
    report = {"step_ms": median(seconds[1:]), "iqr_ms": spread(seconds[1:])}
    if setting["devices"] == 1:
        latents, image = flops.one_sample(model)
        forward = [
            flops.forward_flops(model.generator, latents),
            flops.forward_flops(model.discriminator, image),
        ]
        report["training_gflops"] = (
            flops.training_flops(*forward, model.discriminator_steps) * setting["batch_size"] / 1e9
        )
    print(json.dumps(report))


def main(arguments=None):
    """Measures, prints, and merges the rows into the CSV."""
    options = parse_arguments(arguments)
    if options.worker:
        work(json.loads(options.worker))
        return 0
    for varied in options.only:
        for value in VARIED[varied]:
            if options.largest and value > options.largest:
                continue
            setting = BASE | {varied: value}
            report = run(setting | {"blocks": options.blocks, "steps": options.steps})
            row = results.facts() | setting | {"varied": varied}
            row |= {"blocks": options.blocks, "steps": options.steps}
            row |= {name: f"{report[name]:.2f}" for name in ("step_ms", "iqr_ms")}
            gflops = report.get("training_gflops")
            row["training_gflops"] = "" if gflops is None else f"{gflops:.2f}"
            results.merge(options.out, row, COLUMNS, KEY)
            print(f"{varied} {value}: {row['step_ms']} ± {row['iqr_ms']} ms a step", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
