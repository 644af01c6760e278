"""`detached` and `input_gradient`: values, state, first and second derivatives."""

import keras
import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san import backend

X = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")


@pytest.fixture
def weight():
    return keras.Variable(np.array([1.0, -2.0, 0.5], "float32"))


@pytest.fixture
def network():
    """A network whose training call changes statistics and a seed."""
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(3),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, seed=1),
        ]
    )


def state(network):
    return [np.array(ops.convert_to_numpy(v)) for v in network.non_trainable_variables]


def same(one, other):
    return [np.array_equal(a, b) for a, b in zip(one, other, strict=True)]


def test_detached_has_the_value_and_no_gradient(weight):
    def total():
        held = backend.detached(lambda: ops.square(weight.value))
        return ops.sum(held * weight)

    w = ops.convert_to_numpy(weight)
    close(ops.convert_to_numpy(total()), (w**3).sum())
    close(gradients(total, [weight])[0], w**2)


def test_detached_keeps_no_state(network):
    before = state(network)
    output = backend.detached(lambda: network(X, training=True))
    assert all(same(state(network), before))
    network(X, training=True)
    assert not any(same(state(network), before))
    assert output.shape == (4, 3)


def test_detached_takes_structures(weight):
    first, second = backend.detached(lambda: (weight * 2.0, weight + 1.0))
    close(ops.convert_to_numpy(first), [2.0, -4.0, 1.0])
    close(ops.convert_to_numpy(second), [2.0, -1.0, 1.5])


def test_input_gradient_of_a_cubic_and_its_derivatives(weight):
    """sum w x^3: by x it is 3 w x^2; the square of that by w is 18 w x^4, by x 36 w^2 x^3."""

    def cubic(x):
        return ops.sum(weight * x * x * x, axis=1)

    w = ops.convert_to_numpy(weight)
    gradient = backend.input_gradient(cubic, ops.convert_to_tensor(X))
    close(ops.convert_to_numpy(gradient), 3.0 * w * X**2)

    def penalty(x):
        return ops.sum(ops.square(backend.input_gradient(cubic, x)))

    by_weight, by_inputs = gradients(penalty, [weight], [X])
    close(by_weight, (18.0 * w * X**4).sum(0))
    close(by_inputs, 36.0 * w**2 * X**3)


def test_input_gradient_keeps_the_state_that_the_forward_pass_changes(network):
    before = state(network)
    gradient = backend.input_gradient(lambda x: network(x, training=True), X)
    assert gradient.shape == X.shape
    assert not any(same(state(network), before))


def test_input_gradient_inside_minimize_keeps_state_and_trains(network):
    head = keras.layers.Dense(1)
    head.build((None, 3))
    variables = [*network.trainable_variables, *head.trainable_variables]
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build(variables)
    before, kernel = state(network), np.array(ops.convert_to_numpy(head.kernel))

    def loss_fn():
        gradient = backend.input_gradient(
            lambda x: head(network(x, training=True)), ops.convert_to_tensor(X)
        )
        return ops.mean(ops.square(gradient)), {}

    backend.minimize(loss_fn, variables, optimizer)
    assert not any(same(state(network), before))
    assert np.abs(ops.convert_to_numpy(head.kernel) - kernel).max() > 1e-4


def test_input_gradient_where_inputs_are_not_used_is_zero(weight):
    gradient = backend.input_gradient(lambda x: weight * 2.0, ops.convert_to_tensor(X))
    assert gradient.shape == X.shape and not ops.convert_to_numpy(gradient).any()
