"""Our measures beside other people's programs, on the same features."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from keras_san import metrics

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN / "metrics.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def programs():
    spec = importlib.util.spec_from_file_location("make_metrics", GOLDEN / "make_metrics.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ours(real, fake, probabilities):
    values = metrics.precision_recall(real, fake) | {
        "fd": metrics.frechet_distance(real, fake),
        "kid": metrics.kernel_distance(real, fake),
        "iss": metrics.inception_style_score(probabilities),
    }
    return {name: estimate.value for name, estimate in values.items()}


def check(values, expected):
    for name, value in expected.items():
        # Shares come in float32.
        assert values[name] == pytest.approx(float(value), rel=1e-6, abs=1e-7), name


@pytest.mark.parametrize("program", ["torch_fidelity", "tensorflow_gan", "scipy"])
def test_saved_values(golden, program):
    values = ours(golden["real"], golden["fake"], golden["probabilities"])
    expected = {k.split("/")[1]: v for k, v in golden.items() if k.startswith(f"{program}/")}
    assert "fd" in expected
    check(values, expected)


def given(seed=1, count=90, dimension=12):
    random = np.random.default_rng(seed)
    real, fake = random.normal(size=(2, count, dimension)) + [[[0.0]], [[0.3]]]
    probabilities = random.dirichlet(np.ones(5), count)
    return {"real": real, "fake": fake, "probabilities": probabilities}


def test_torch_fidelity_itself(programs, backend):
    if backend != "torch":
        pytest.skip("one backend is enough for NumPy")
    for name in ("torch_fidelity", "tqdm"):
        pytest.importorskip(name) if name == "tqdm" else _installed(name)
    arrays = given()
    check(ours(**arrays), programs.torch_fidelity(**arrays))


@pytest.mark.filterwarnings("ignore")
def test_tensorflow_gan_itself(programs, backend):
    if backend != "tensorflow":
        pytest.skip("one backend is enough for NumPy")
    for name in ("tensorflow_gan", "tensorflow_probability", "tf_keras", "tensorflow_hub", "tree"):
        _installed(name)
    arrays = given(seed=2)
    values = programs.tensorflow_gan(arrays["real"], arrays["fake"])
    check(ours(**arrays), values)


def _installed(name):
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")


def test_scipy_itself(programs):
    pytest.importorskip("scipy")
    arrays = given(seed=3)
    value = metrics.frechet_distance(arrays["real"], arrays["fake"]).value
    expected = programs.scipy_frechet(arrays["real"], arrays["fake"])
    assert value == pytest.approx(expected, rel=1e-9)
