"""The dense SAN head against the closed forms of its value and gradients."""

import keras
import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san.layers import SANDense

FEATURES, UNITS, BATCH = 5, 3, 4


@pytest.fixture
def head():
    """A head off its initial state: a direction off the sphere, a bias, a scale of its own."""
    head = SANDense(UNITS)
    head.build((None, FEATURES))
    random = np.random.default_rng(1)
    for weight in head.weights:
        weight.assign(random.normal(size=weight.shape))
    return head


@pytest.fixture
def x():
    return np.random.default_rng(2).normal(size=(BATCH, FEATURES)).astype("float32")


@pytest.fixture
def cotangent():
    """Weights of the outputs, so that every output is seen by itself."""
    return np.random.default_rng(3).normal(size=(BATCH, UNITS)).astype("float32")


def parts(head, x):
    """n, o, s and x' of the closed forms."""
    kernel, scale, bias = (np.asarray(ops.convert_to_numpy(w)) for w in head.weights)
    norm = np.linalg.norm(kernel, axis=0)
    return norm, kernel / norm, scale, x + bias


def test_value(head, x):
    _, direction, scale, shifted = parts(head, x)
    expected = scale * (shifted @ direction)
    close(ops.convert_to_numpy(head(x)), expected)
    for output in head(x, direction_pair=True):
        close(ops.convert_to_numpy(output), expected)


def test_gradient_of_fun(head, x, cotangent):
    _, direction, scale, shifted = parts(head, x)

    def total(x):
        fun, _ = head(x, direction_pair=True)
        return ops.sum(ops.multiply(fun, cotangent))

    kernel, by_scale, bias, inputs = gradients(total, head.weights, [x])
    close(inputs, cotangent @ (scale * direction).T)
    close(bias, (cotangent @ (scale * direction).T).sum(0))
    close(by_scale, (cotangent * (shifted @ direction)).sum(0))
    assert not kernel.any()


def test_gradient_of_direction(head, x, cotangent):
    norm, direction, scale, shifted = parts(head, x)

    def total(x):
        _, direction = head(x, direction_pair=True)
        return ops.sum(ops.multiply(direction, cotangent))

    kernel, by_scale, bias, inputs = gradients(total, head.weights, [x])
    mixed = shifted.T @ cotangent
    expected = (scale / norm) * (mixed - direction * (direction * mixed).sum(0))
    close(kernel, expected)
    assert not (by_scale.any() or bias.any() or inputs.any())


def test_gradient_of_the_single_output_reaches_everything(head, x, cotangent):
    result = gradients(lambda x: ops.sum(ops.multiply(head(x), cotangent)), head.weights, [x])
    assert all(np.abs(gradient).max() > 1e-3 for gradient in result)


def test_direction_loss_is_stationary_only_at_the_mean_difference(head, x):
    norm, direction, scale, _ = parts(head, x)
    real, fake = x, x[::-1] * 0.5 + 1.0

    def loss():
        _, of_real = head(real, direction_pair=True)
        _, of_fake = head(fake, direction_pair=True)
        return ops.sum(-ops.mean(of_real, 0) + ops.mean(of_fake, 0))

    (kernel,) = gradients(loss, [head.kernel])
    difference = (real.mean(0) - fake.mean(0))[:, None]
    tangent = difference - direction * (direction * difference).sum(0)
    close(kernel, -(scale / norm) * tangent)

    head.kernel.assign(np.repeat(3.0 * difference, UNITS, 1))
    (kernel,) = gradients(loss, [head.kernel])
    close(kernel, np.zeros_like(kernel), 1e-6)


def test_new_head_equals_dense(x):
    initializer = keras.initializers.GlorotUniform(seed=7)
    dense = keras.layers.Dense(UNITS, kernel_initializer=initializer)
    head = SANDense(UNITS, kernel_initializer=initializer)
    close(ops.convert_to_numpy(head(x)), ops.convert_to_numpy(dense(x)), 1e-6)
    norms = np.linalg.norm(ops.convert_to_numpy(dense.kernel), axis=0)
    close(ops.convert_to_numpy(head.scale), norms, 1e-6)
    close(np.linalg.norm(ops.convert_to_numpy(head.kernel), axis=0), np.ones(UNITS), 1e-6)


def test_takes_inputs_of_any_rank(head):
    x = np.random.default_rng(2).normal(size=(2, 3, FEATURES)).astype("float32")
    _, direction, scale, shifted = parts(head, x)
    close(ops.convert_to_numpy(head(x)), scale * (shifted @ direction))


def test_without_bias(x):
    head = SANDense(UNITS, use_bias=False)
    head(x)
    assert head.bias is None
    assert head.count_params() == FEATURES * UNITS + UNITS


def test_a_zero_direction_gives_no_nan(head, x):
    head.kernel.assign(np.zeros(head.kernel.shape))
    result = gradients(lambda x: ops.sum(head(x)), head.weights, [x])
    assert all(np.isfinite(gradient).all() for gradient in result)
    assert not ops.convert_to_numpy(head(x)).any()


@pytest.mark.parametrize("units", [0, -1, 1.5, "one"])
def test_refuses_units(units):
    with pytest.raises(ValueError, match="`units` must be a positive integer. Received: units="):
        SANDense(units)
