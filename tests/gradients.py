"""Gradients as NumPy arrays, on whatever backend runs."""

import keras
import numpy as np

from keras_san.backend.state_scope import StateScope


def gradients(function, variables=(), inputs=()):
    """d `function(*inputs)` (a scalar) by `variables`, then by `inputs`: a list of arrays.

    No variable changes, whatever `function` assigns. A variable that `function` does not use has
    a gradient of zeros.
    """
    variables = list(variables)
    inputs = [keras.ops.convert_to_tensor(value) for value in inputs]
    result = _BACKENDS[keras.backend.backend()](function, variables, inputs)
    return [keras.ops.convert_to_numpy(gradient) for gradient in result]


def _jax(function, variables, inputs):
    import jax

    def total(values, inputs):
        with StateScope(zip(variables, values, strict=True)):
            return function(*inputs)

    values = [variable.value for variable in variables]
    by_variables, by_inputs = jax.jit(jax.grad(total, argnums=(0, 1)))(values, inputs)
    return [*by_variables, *by_inputs]


def _tensorflow(function, variables, inputs):
    import tensorflow as tf

    sources = [*(variable.value for variable in variables), *inputs]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        with StateScope():
            total = function(*inputs)
    result = tape.gradient(total, sources, unconnected_gradients="zero")
    return [tf.convert_to_tensor(gradient) for gradient in result]


def _torch(function, variables, inputs):
    import torch

    inputs = [value.detach().requires_grad_() for value in inputs]
    sources = [*(variable.value for variable in variables), *inputs]
    with StateScope():
        total = function(*inputs)
    if not total.requires_grad:
        return [torch.zeros_like(source) for source in sources]
    return torch.autograd.grad(total, sources, allow_unused=True, materialize_grads=True)


_BACKENDS = {"jax": _jax, "tensorflow": _tensorflow, "torch": _torch}


def close(actual, expected, tolerance=1e-5):
    """Asserts that two arrays agree to `tolerance` of the larger one's greatest number."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape, (actual.shape, expected.shape)
    scale = max(1.0, np.abs(expected).max(initial=0.0))
    np.testing.assert_allclose(actual, expected, rtol=0.0, atol=tolerance * scale)
