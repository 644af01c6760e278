"""On JAX a step is compiled once: another type of one scalar would cost a second compilation."""

import logging

import keras
import pytest
from tiny_gan import make_model, train

from keras_san.losses import BEGAN
from keras_san.models import TrainingScheme

pytestmark = pytest.mark.skipif(keras.backend.backend() != "jax", reason="only JAX is strict here")

WITH_STATE = {
    "plain": {},
    "augmentations": {"augment": ["blur", "instance_noise:0.1", "ada"]},
    "penalties": {"penalties": ["lecam", "path_length"]},
    "lazy": {"penalties": ["r1:10:2"], "augment": "diff_augment"},
    "scheme": {"scheme": TrainingScheme(accumulation=2)},
}


def compilations(caplog, run):
    """The names of what JAX compiles while `run` is called."""
    import jax

    with jax.log_compiles(), caplog.at_level(logging.WARNING, logger="jax"):
        run()
    return [m.split()[1] for m in caplog.messages if m.startswith("Compiling ")]


@pytest.mark.parametrize("options", WITH_STATE.values(), ids=WITH_STATE.keys())
def test_a_step_is_compiled_once(caplog, options):
    model = make_model(**options)
    compiled = compilations(caplog, lambda: train(model, steps=5))
    assert [name for name in compiled if "train_step" in name] == ["jit(train_step)"]


def test_no_type_is_left_to_chance():
    assert not any(variable.value.weak_type for variable in BEGAN().variables)
