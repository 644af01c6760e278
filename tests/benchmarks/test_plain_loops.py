"""The benchmark compares two programs that compute the same step."""

import pathlib

import keras
import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def repository_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))


# Arguments of `compare`, and how far updates may be apart. At one draw of a few, a unit lies so
# near the bend of its LeakyReLU that rounding decides, on one processor or another.
CASES = {"dcgan": ({"draws": 3}, 1e-3), "simple_san": ({}, 1e-3)}
if keras.backend.backend() == "torch":
    # There alone: their plain loop is PyTorch's. Narrow and deep, the residual ones round more
    # where a gradient is zero but for rounding. The projected one has a million ReLUs; at one draw
    # of a few, some lie so near zero that rounding decides.
    CASES |= {name: ({"width": 4}, 5e-3) for name in ("sngan", "biggan_deep")}
    CASES["projected"] = ({"width": 2, "batch_size": 2, "draws": 5}, 1e-3)


@pytest.mark.parametrize("network", CASES)
def test_plain_loop_equals_ours(network):
    from benchmarks.check import LOSSES, compare

    arguments, apart = CASES[network]
    losses, updates = compare(network, **arguments)
    assert set(losses) == set(LOSSES)
    assert max(losses.values()) < 1e-4, losses
    assert max(updates.values()) < apart, updates
