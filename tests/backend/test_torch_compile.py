"""`jit_compile=True` on PyTorch: the same numbers, and a way back where compilation fails."""

import os
import shutil

import keras
import numpy as np
import pytest

from tests.tiny_gan import make_images, make_model, state

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "torch", reason="torch.compile is PyTorch's"
)


def train(**compile_arguments):
    keras.utils.set_random_seed(0)
    model = make_model(**compile_arguments)
    model.fit(make_images(8), batch_size=4, shuffle=False, verbose=0)
    return model


def fails_half_way(step):
    def call(data):
        step(data)
        raise RuntimeError("no compiler\nand more")

    return call


def test_a_step_that_does_not_compile_goes_on_eagerly(monkeypatch):
    import torch

    expected = state(train())
    monkeypatch.setattr(torch, "compile", fails_half_way)
    with pytest.warns(UserWarning, match=r"torch.compile failed.*no compiler\)") as caught:
        model = train(jit_compile=True)
    assert len([w for w in caught if "torch.compile" in str(w.message)]) == 1
    # What the failed step had changed was put back, the seeds of its random draws too.
    assert int(model.images_seen) == 8
    for ours, theirs in zip(state(model), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_shape_that_does_not_compile_goes_on_eagerly(monkeypatch):
    """The compiler is called again where the last batch of an epoch is a smaller one."""
    import torch

    def fails_on_two(step):
        def call(data):
            result = step(data)
            if keras.tree.flatten(data)[0].shape[0] == 2:
                raise RuntimeError("no second time")
            return result

        return call

    def fit(**compile_arguments):
        keras.utils.set_random_seed(0)
        model = make_model(**compile_arguments)
        model.fit(make_images(6), batch_size=4, shuffle=False, verbose=0)
        return model

    expected = state(fit())
    monkeypatch.setattr(torch, "compile", fails_on_two)
    with pytest.warns(UserWarning, match=r"torch.compile failed.*no second time\)"):
        model = fit(jit_compile=True)
    for ours, theirs in zip(state(model), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.skipif(shutil.which("c++") is None, reason="torch.compile needs a C++ compiler")
@pytest.mark.skipif("KERAS_SAN_TEST_COMPILE" not in os.environ, reason="compiles for minutes")
@pytest.mark.timeout(3000)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")
def test_a_compiled_step_is_the_same_step():
    expected, model = state(train()), train(jit_compile=True)
    for ours, theirs in zip(state(model), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
