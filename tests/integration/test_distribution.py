"""Training shared out over devices or processes is the training of one device.

One device with batch 2B and two with B each: the same losses to 1e-5 and the same weights to 1e-4
after five steps, with spectral and batch normalisation, SAN head, moving average and gradient
penalty, on each backend's own engine.
"""

import os
import pathlib
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest

import keras_san

BACKEND = keras.backend.backend()
PROGRAM = pathlib.Path(__file__).with_name("distributed_training.py")
DEVICES = 4
VIRTUAL_DEVICES = " ".join(
    [os.environ.get("XLA_FLAGS", ""), f"--xla_force_host_platform_device_count={DEVICES}"]
)


def start(engine, path, program=PROGRAM, **environment):
    arguments = [engine, str(path)] if engine else [str(path)]
    return subprocess.Popen(
        [sys.executable, str(program), *arguments],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(*processes):
    outputs = [process.communicate(timeout=240)[0] for process in processes]
    for process, output in zip(processes, outputs, strict=True):
        assert process.returncode == 0, output[-4000:]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def compare(alone, together):
    assert alone.keys() == together.keys()
    assert any("vector" in name for name in alone) and any("moving" in name for name in alone)
    for name, value in alone.items():
        tolerance = 1e-5 if "/log/" in name else 1e-4
        scale = max(1.0, np.abs(value).max()) if "/log/" in name else max(np.abs(value).max(), 0.1)
        np.testing.assert_allclose(together[name], value, rtol=0, atol=tolerance * scale)


def results(path, prefix):
    with np.load(path) as file:
        return {
            name.removeprefix(prefix): file[name] for name in file.files if name.startswith(prefix)
        }


def test_devices_of_one_process(tmp_path):
    if BACKEND == "torch":
        pytest.skip("PyTorch takes a process a device")
    path = tmp_path / "out.npz"
    engine = {"jax": "devices", "tensorflow": "mirrored"}[BACKEND]
    finish(start(engine, path, XLA_FLAGS=VIRTUAL_DEVICES))
    compare(results(path, "alone/"), results(path, "together/"))


@pytest.mark.skipif(BACKEND != "jax", reason="keras.distribution.ModelParallel is JAX's")
def test_sharded_kernels(tmp_path):
    path = tmp_path / "out.npz"
    program = PROGRAM.with_name("sharded_training.py")
    finish(start(None, path, program, XLA_FLAGS=VIRTUAL_DEVICES))
    compare(results(path, "alone/"), results(path, "together/"))
    assert results(path, "sharded")[""] >= 8


def test_two_processes(tmp_path):
    if BACKEND == "tensorflow":
        pytest.skip("Keras's fit fails under MultiWorkerMirroredStrategy: refused below")
    engine = BACKEND
    alone, together = tmp_path / "alone.npz", tmp_path / "together.npz"
    port = free_port()
    names = {
        "jax": lambda rank: {
            "KERAS_DISTRIBUTION_JOB_ADDRESSES": f"127.0.0.1:{port}",
            "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
            "KERAS_DISTRIBUTION_PROCESS_ID": str(rank),
        },
        "torch": lambda rank: {
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
            "WORLD_SIZE": "2",
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
        },
    }[BACKEND]
    # One after the other: three at once would crowd a small machine.
    finish(*[start(engine, together, **names(rank)) for rank in range(2)])
    finish(start("none", alone))
    compare(results(alone, "alone/"), results(together, "together/"))


def test_an_engine_of_another_backend_is_refused():
    other = {"jax": "torch", "tensorflow": "jax", "torch": "mirrored"}[BACKEND]
    with pytest.raises(ValueError, match=f"{BACKEND}.*KERAS_BACKEND"):
        keras_san.distribute(other)


def test_one_device_needs_no_engine():
    with keras_san.distribute("none"):
        pass
    assert keras_san.backend.find_engine() == "none"


@pytest.mark.skipif(BACKEND == "jax", reason="keras.distribution works on JAX")
def test_keras_distribution_that_would_do_nothing_is_refused(monkeypatch):
    from tests.tiny_gan import make_images, make_model

    monkeypatch.setattr(keras.distribution, "distribution", lambda: object())
    with pytest.raises(ValueError, match="does nothing on the .* backend.*keras_san.distribute"):
        make_model().fit(make_images(), batch_size=4, verbose=0)


def test_arrays_are_refused_where_processes_share_a_batch(monkeypatch):
    from tests.tiny_gan import make_images, make_model

    model = make_model()
    monkeypatch.setattr(keras_san.backend, "process_count", lambda: 2)
    with pytest.raises(ValueError, match="keras_san.data.arrays"):
        model.fit(make_images(), batch_size=4, verbose=0)
