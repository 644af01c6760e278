"""A worker that dies ends the job, which names it, and `--resume` goes on with another number."""

import csv
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

import keras
import pytest

BACKEND = keras.backend.backend()
FOLDER = pathlib.Path(__file__).parent
# A minute on a machine that has nothing else to do; a crowded one waits longer for the processes.
PATIENCE = 130

TRAIN = [
    *("train", "--data", "sample", "--model", "dcgan", "--width", "2", "--latent-dim", "4"),
    *("--batch-size", "8", "--snapshot-images", "16", "--measures", "none"),
]


def start(command, folder, **environment):
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(found, *processes):
    """What `found()` gives once it gives something, while the processes run."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        for process in processes:
            assert process.poll() is None, process.communicate()[0][-3000:]
        time.sleep(0.1)
    raise AssertionError(f"nothing happened for {PATIENCE} s")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def child_of_rank(parent, rank):
    """The process id of a child whose environment says RANK=rank, from /proc."""
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(status.read_text().rpartition(")")[2].split()[1]) != parent:
                continue
            variables = (status.parent / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"RANK={rank}".encode() in variables:
            return int(status.parent.name)
    raise AssertionError(f"no child of rank {rank}")


def images_of(run):
    with open(run / "stats.csv", newline="") as file:
        return [int(row["images_seen"]) for row in csv.DictReader(file)]


@pytest.mark.skipif(BACKEND != "torch", reason="torchrun is PyTorch's")
@pytest.mark.skipif(not pathlib.Path("/proc/self/environ").exists(), reason="needs /proc")
def test_torchrun_names_the_worker_and_one_process_resumes(tmp_path):
    job = start(
        ["-m", "torch.distributed.run", "--nproc-per-node=2", f"--master-port={free_port()}"]
        + ["-m", "keras_san", *TRAIN, "--images", "1000000"],
        tmp_path,
    )
    try:
        wait_for(lambda: [*tmp_path.glob("runs/*/checkpoints/*.npz")], job)
        os.kill(child_of_rank(job.pid, 1), signal.SIGKILL)
        output, _ = job.communicate(timeout=PATIENCE)
    finally:
        # Its agent ends the workers.
        job.terminate()
    assert job.returncode != 0
    # Its own summary, and the process that was left in a collective.
    assert re.search(r"rank\s*:\s*1 ", output) and "SIGKILL" in output, output[-3000:]

    (run,) = (tmp_path / "runs").iterdir()
    seen = images_of(run)[-1]
    resumed = start(
        ["-m", "keras_san", "train", "--resume", str(run), "--images", str(seen + 16)], tmp_path
    )
    output, _ = resumed.communicate(timeout=PATIENCE)
    assert resumed.returncode == 0, output[-3000:]
    assert images_of(run)[-1] == seen + 16


@pytest.mark.skipif(BACKEND != "jax", reason="JAX's coordination service")
def test_jax_names_the_process_that_stopped_answering(tmp_path):
    port = free_port()
    first, second = (
        start(
            ["-u", str(FOLDER / "endless_training.py")],
            tmp_path,
            KERAS_DISTRIBUTION_JOB_ADDRESSES=f"127.0.0.1:{port}",
            KERAS_DISTRIBUTION_NUM_PROCESSES="2",
            KERAS_DISTRIBUTION_PROCESS_ID=str(rank),
        )
        for rank in range(2)
    )
    try:
        for line in second.stdout:
            if line.startswith("epoch"):
                break
        second.kill()
        second.communicate()
        output, _ = first.communicate(timeout=PATIENCE)
    finally:
        for process in (first, second):
            process.kill()
    assert first.returncode != 0
    assert re.search(r"[Tt]ask:?\s*1 heartbeat timeout|unhealthy[^\n]*\n[^\n]*1", output), output
