"""On PyTorch the fused update equals Keras's own, whatever else the optimizer is asked for."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_san import backend

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="PyTorch only")

OPTIMIZERS = {
    "plain": lambda: keras.optimizers.Adam(0.01, beta_1=0.0, beta_2=0.9, epsilon=1e-3),
    "schedule": lambda: keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 5)),
    "clipped": lambda: keras.optimizers.Adam(0.01, clipnorm=0.1),
    "decayed": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1),
    "amsgrad": lambda: keras.optimizers.Adam(0.01, amsgrad=True),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_equals_keras(name):
    from keras_san.backend.torch_fused_adam import fuse_adam

    ends = {}
    for fused in (False, True):
        generator = np.random.default_rng(0)
        variables = [
            keras.Variable(generator.normal(size=shape).astype("float32"), name=f"v{index}")
            for index, shape in enumerate(((3, 3, 2, 4), (4,)))
        ]
        variables[1].constraint = keras.constraints.UnitNorm(axis=0)
        backend.lay_out(variables)
        optimizer = OPTIMIZERS[name]()
        optimizer.build(variables)
        backend.lay_out(optimizer.variables)
        if fused:
            fuse_adam(optimizer)
        for _ in range(4):
            # In the ordinary memory order, which is not that of the laid-out kernel.
            gradients = [
                ops.convert_to_tensor(generator.normal(size=variable.shape).astype("float32"))
                for variable in variables
            ]
            optimizer.apply(gradients, variables)
        ends[fused] = [ops.convert_to_numpy(v) for v in [*variables, *optimizer.variables]]
    for ours, theirs in zip(ends[True], ends[False], strict=True):
        # Keras rounds 1 - 0.999 to float32, an error of 6e-5 of the first steps.
        np.testing.assert_allclose(ours, theirs, rtol=6e-5, atol=1e-6)


def test_the_step_uses_it():
    variable = keras.Variable(np.ones(3, "float32"))
    optimizer = keras.optimizers.Adam(0.1)
    optimizer.build([variable])
    backend.minimize(lambda: (ops.sum(variable * 2.0), {}), [variable], optimizer)
    assert "_parallel_update_step" in vars(optimizer)
    np.testing.assert_allclose(ops.convert_to_numpy(variable), np.full(3, 0.9), rtol=1e-5)
