"""The benchmark compares two programs that compute the same step."""

import pathlib

import keras
import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def repository_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))


# The residual ones on PyTorch alone: their plain loop is PyTorch's.
RESIDUAL = ["sngan", "biggan_deep"] if keras.backend.backend() == "torch" else []


@pytest.mark.parametrize("network", ["dcgan", "simple_san", *RESIDUAL])
def test_plain_loop_equals_ours(network):
    from benchmarks.check import LOSSES, compare

    losses, updates = compare(network, width=4 if network in RESIDUAL else 8, batch_size=4)
    assert set(losses) == set(LOSSES)
    assert max(losses.values()) < 1e-4, losses
    # Narrow and deep, the residual ones round more where a gradient is zero but for rounding.
    assert max(updates.values()) < (5e-3 if network in RESIDUAL else 1e-3), updates
