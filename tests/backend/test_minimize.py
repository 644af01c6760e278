"""One optimizer update: exactly the given variables move, forward state is kept."""

import keras
import numpy as np
import pytest
from gradients import close
from keras import ops

from keras_san import backend
from keras_san.backend.state_scope import StateScope
from keras_san.layers import SpectralNormalization

X = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")


def values(variables):
    return [np.array(ops.convert_to_numpy(variable)) for variable in variables]


def changed(variables, before):
    """The names of the variables that are not what they were."""
    return [
        variable.path
        for variable, value in zip(variables, before, strict=True)
        if not np.array_equal(ops.convert_to_numpy(variable), value)
    ]


@pytest.fixture
def players():
    """Two networks with all kinds of state: statistics, seeds, power-iteration vectors."""
    generator = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(3, name="generator_dense"),
            keras.layers.BatchNormalization(name="generator_normalization"),
            keras.layers.Dropout(0.5, seed=1, name="generator_dropout"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((3,)),
            SpectralNormalization(keras.layers.Dense(2), name="discriminator_dense"),
            keras.layers.Dropout(0.5, seed=2, name="discriminator_dropout"),
            keras.layers.Dense(1, name="discriminator_head"),
        ]
    )
    return generator, discriminator


def make_optimizer(moving):
    optimizer = keras.optimizers.Adam(0.1)
    optimizer.build(moving.trainable_variables)
    return optimizer


def step(players, moving, frozen=(), optimizer=None):
    generator, discriminator = players
    optimizer = optimizer or make_optimizer(moving)

    def loss_fn():
        scores = discriminator(generator(X, training=True), training=True)
        loss = ops.mean(ops.square(scores - 1.0))
        return loss, {"loss": loss, "mean": ops.mean(scores)}

    return backend.minimize(loss_fn, moving.trainable_variables, optimizer, frozen=frozen)


@pytest.mark.parametrize("mover", [0, 1])
def test_only_the_given_variables_and_the_forward_state_change(players, mover):
    everything = [*players[0].variables, *players[1].variables]
    trainable = [*players[0].trainable_variables, *players[1].trainable_variables]
    before = values(everything)
    step(players, players[mover])
    expected = {v.path for v in players[mover].trainable_variables}
    expected |= {v.path for v in everything if not any(v is t for t in trainable)}
    found = set(changed(everything, before))
    # The bias before a batch normalisation has no gradient.
    assert found | {"generator_dense/bias"} == expected | {"generator_dense/bias"}
    assert len([path for path in found if "moving" in path or "vector" in path]) == 3
    assert len([path for path in found if "seed" in path]) == 2


@pytest.mark.parametrize("mover", [0, 1])
def test_frozen_player_stays_bit_identical(players, mover):
    other = players[1 - mover]
    before = values(other.variables)
    step(players, players[mover], frozen=other.variables)
    assert changed(other.variables, before) == []


def test_gradient_step_is_the_closed_form():
    weight = keras.Variable([2.0, -1.0])
    counter = keras.Variable(0.0, trainable=False)
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build([weight])

    def loss_fn():
        counter.assign_add(1.0)
        loss = ops.sum(ops.square(weight))
        return loss, {"loss": loss}

    logs = backend.minimize(loss_fn, [weight], optimizer)
    close(ops.convert_to_numpy(logs["loss"]), 5.0)
    close(ops.convert_to_numpy(weight), [1.6, -0.8])
    backend.minimize(loss_fn, [weight], optimizer, frozen=[counter])
    close(ops.convert_to_numpy(weight), [1.28, -0.64])
    assert ops.convert_to_numpy(counter) == 1.0
    assert ops.convert_to_numpy(optimizer.iterations) == 2


def test_logs_have_no_gradient(players):
    logs = step(players, players[0])
    assert set(logs) == {"loss", "mean"}
    for value in logs.values():
        assert not getattr(value, "requires_grad", False)
        assert np.isfinite(ops.convert_to_numpy(value))


def test_variable_that_the_loss_does_not_use_stays():
    used, unused = keras.Variable([1.0]), keras.Variable([1.0])
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build([used, unused])
    backend.minimize(lambda: (ops.sum(used), {}), [used, unused], optimizer)
    close(ops.convert_to_numpy(used), [0.9])
    close(ops.convert_to_numpy(unused), [1.0])


def test_rows_of_an_embedding_follow_adam_like_a_dense_weight():
    """TensorFlow's sparse gradients would leave the momentum of rows not seen alone."""
    table = keras.layers.Embedding(3, 2)
    table(np.array([0]))
    optimizer = keras.optimizers.Adam(0.1)
    optimizer.build(table.trainable_variables)
    for label in (0, 1):
        before = values(table.variables)[0]

        def loss_fn(label=label):
            return ops.sum(table(np.array([label]))), {}

        backend.minimize(loss_fn, table.trainable_variables, optimizer)
    # In the second step row 0 has no gradient, and still moves on by its momentum.
    moved = np.abs(values(table.variables)[0] - before).max(1)
    assert moved[0] > 1e-3 and moved[1] > 1e-3 and moved[2] == 0.0


@pytest.mark.parametrize("scale", [1.0, 2.0**10])
def test_loss_scale_optimizer_unscales(scale):
    weight = keras.Variable([2.0, -1.0])
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=scale)
    optimizer.build([weight])
    backend.minimize(lambda: (ops.sum(ops.square(weight)), {}), [weight], optimizer)
    close(ops.convert_to_numpy(weight), [1.6, -0.8])


def test_constraints_are_applied():
    weight = keras.Variable([0.6, 0.8])
    weight.constraint = keras.constraints.UnitNorm(axis=0)
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build([weight])
    backend.minimize(lambda: (ops.sum(weight), {}), [weight], optimizer)
    close(np.linalg.norm(ops.convert_to_numpy(weight)), 1.0)


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="only JAX runs the step in a scope")
def test_inside_a_scope_nothing_happens_until_it_is_read(players):
    everything = [*players[0].variables, *players[1].variables]
    before = values(everything)
    optimizers = [make_optimizer(player) for player in players]
    with StateScope() as scope:
        step(players, players[0], players[1].variables, optimizers[0])
        first = {id(variable) for variable, _ in scope.updates()}
        # The second update starts from what the first one left.
        step(players, players[1], players[0].variables, optimizers[1])
    assert changed(everything, before) == []
    assert {id(v) for v in players[0].trainable_variables} <= first
    assert {id(v) for v in players[1].trainable_variables} <= {id(v) for v, _ in scope.updates()}
