"""`keras-san train` under torchrun's variables, and resumed with another number of processes."""

import csv
import os
import socket
import subprocess
import sys

import keras
import pytest

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "torch",
    reason="the same command on another engine; tests/integration/test_distribution.py has those",
)

OPTIONS = [
    *("--data", "sample", "--model", "dcgan", "--width", "2", "--latent-dim", "4"),
    *("--batch-size", "8", "--snapshot-images", "16", "--measures", "none"),
]


def train(folder, *arguments, rank=0, world=1, port=0):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    if world > 1:
        environment |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        environment |= {"WORLD_SIZE": str(world), "RANK": str(rank), "LOCAL_RANK": str(rank)}
    return subprocess.Popen(
        [sys.executable, "-m", "keras_san", "train", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(*processes):
    outputs = [process.communicate(timeout=200)[0] for process in processes]
    for process, output in zip(processes, outputs, strict=True):
        assert process.returncode == 0, output[-3000:]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def images_of(run):
    with open(run / "stats.csv", newline="") as file:
        return [int(row["images_seen"]) for row in csv.DictReader(file)]


def test_two_processes_make_one_run_which_one_process_resumes(tmp_path):
    port = free_port()
    finish(
        *[
            train(tmp_path, *OPTIONS, "--images", "32", rank=rank, world=2, port=port)
            for rank in range(2)
        ]
    )
    runs = list((tmp_path / "runs").iterdir())
    assert [run.name for run in runs] == ["00000-dcgan-fashion_mnist_sample-hinge"]
    assert images_of(runs[0]) == [16, 32]

    finish(train(tmp_path, "--resume", str(runs[0]), "--images", "48"))
    assert images_of(runs[0]) == [16, 32, 48]
    assert (runs[0] / "preset" / "config.json").is_file()


def test_minutes_are_refused_where_clocks_differ(tmp_path):
    port = free_port()
    processes = [
        train(tmp_path, *OPTIONS, "--minutes", "1", rank=rank, world=2, port=port)
        for rank in range(2)
    ]
    for process in processes:
        output, _ = process.communicate(timeout=200)
        assert process.returncode != 0
        assert "their clocks would stop them at different steps" in output.replace("\n", " ")
