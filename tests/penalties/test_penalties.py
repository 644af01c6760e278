"""Penalties against closed forms of a linear and a quadratic critic, to second order."""

import keras
import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san.layers import SANDense
from keras_san.models import Discriminator, SANModel
from keras_san.models.scorer import Scorer
from keras_san.penalties import R1, GradientPenalty, Penalty

SHAPE = (5, 3, 2, 1)


@pytest.fixture
def images():
    return np.random.default_rng(1).normal(size=(2, *SHAPE)).astype("float32")


@pytest.fixture
def weight():
    return keras.Variable(np.random.default_rng(2).normal(size=SHAPE[1:]).astype("float32"))


def linear(weight):
    """<w, x>: its gradient is w everywhere."""
    return lambda x: ops.sum(x * weight, axis=(1, 2, 3))


def quadratic(weight):
    """<w, x^2> / 2: its gradient is w x."""
    return lambda x: 0.5 * ops.sum(ops.square(x) * weight, axis=(1, 2, 3))


def mixing(weight, score, real, fake):
    real, fake = ops.convert_to_tensor(real), ops.convert_to_tensor(fake)
    return GradientPenalty(weight)(score, real, fake, seed=keras.random.SeedGenerator(5))


def test_r1_of_a_linear_critic(images, weight):
    real, fake = images
    w = ops.convert_to_numpy(weight)

    def total():
        return R1(weight=4.0)(linear(weight), ops.convert_to_tensor(real), fake)

    close(ops.convert_to_numpy(total()), 2.0 * np.square(w).sum())
    (found,) = gradients(total, [weight])
    close(found, 4.0 * w)


def test_r1_of_a_quadratic_critic(images, weight):
    real, fake = images
    w = ops.convert_to_numpy(weight)

    def total():
        return R1(weight=4.0)(quadratic(weight), ops.convert_to_tensor(real), fake)

    close(ops.convert_to_numpy(total()), 2.0 * np.square(w * real).sum((1, 2, 3)).mean())
    (found,) = gradients(total, [weight])
    close(found, 4.0 * (w * np.square(real)).mean(0))


def test_gradient_penalty_of_a_linear_critic(images, weight):
    real, fake = images
    w = ops.convert_to_numpy(weight)
    norm = np.linalg.norm(w)

    def total():
        return mixing(4.0, linear(weight), real, fake)

    close(ops.convert_to_numpy(total()), 4.0 * (norm - 1.0) ** 2)
    (found,) = gradients(total, [weight])
    close(found, 8.0 * (norm - 1.0) * w / norm)


def test_gradient_penalty_of_a_quadratic_critic(images, weight):
    """Between the two ends the mixing shows: the shares come from the seed generator."""
    real, fake = images
    w = ops.convert_to_numpy(weight)
    shares = ops.convert_to_numpy(
        keras.random.uniform((SHAPE[0], 1, 1, 1), seed=keras.random.SeedGenerator(5))
    )
    assert shares.min() < 0.4 and shares.max() > 0.6 and len(np.unique(shares)) == SHAPE[0]
    mixed = shares * real + (1.0 - shares) * fake
    norm = np.sqrt(np.square(w * mixed).sum((1, 2, 3)))

    def total():
        return mixing(4.0, quadratic(weight), real, fake)

    close(ops.convert_to_numpy(total()), 4.0 * np.square(norm - 1.0).mean())
    (found,) = gradients(total, [weight])
    factor = (8.0 * (norm - 1.0) / norm)[:, None, None, None]
    close(found, (factor * w * np.square(mixed)).mean(0))


def test_gradient_penalty_of_a_dead_critic_is_no_nan(images):
    real, fake = images
    weight = keras.Variable(np.zeros(SHAPE[1:], "float32"))

    def total():
        return mixing(10.0, linear(weight), real, fake)

    close(ops.convert_to_numpy(total()), 10.0)
    assert np.isfinite(gradients(total, [weight])[0]).all()


@pytest.mark.parametrize("penalty", [R1(), GradientPenalty()])
def test_san_direction_gets_no_gradient(images, penalty):
    real, fake = (ops.convert_to_tensor(array) for array in images)
    inputs = keras.Input(SHAPE[1:])
    hidden = keras.layers.Dense(4, activation="tanh")(keras.layers.Flatten()(inputs))
    discriminator = Discriminator(keras.Model(inputs, hidden), SANDense(1))
    score = Scorer(discriminator).function(None)
    result = gradients(
        lambda: penalty(score, real, fake, seed=keras.random.SeedGenerator(5)),
        discriminator.trainable_variables,
    )
    by_name = {
        variable.path: np.abs(gradient).max()
        for variable, gradient in zip(discriminator.trainable_variables, result, strict=True)
    }
    head = discriminator.head
    # An affine head's bias moves no gradient by the inputs.
    assert by_name[head.kernel.path] == by_name[head.bias.path] == 0.0
    assert by_name.pop(head.kernel.path) == by_name.pop(head.bias.path)
    assert min(by_name.values()) > 1e-4


@pytest.mark.parametrize("kind", [R1, GradientPenalty])
def test_config_round_trip(kind):
    penalty = kind(weight=3.0, name="mine")
    config = keras.saving.serialize_keras_object(penalty)
    copy = keras.saving.deserialize_keras_object(config)
    assert type(copy) is kind
    assert vars(copy) == vars(penalty) == {"weight": 3.0, "name": "mine", "interval": 1}


def test_default_names():
    assert [R1().name, GradientPenalty().name] == ["r1", "gradient_penalty"]


def test_weight_scales_and_zero_is_allowed(images, weight):
    real, fake = (ops.convert_to_tensor(array) for array in images)
    for kind in (R1, GradientPenalty):
        assert ops.convert_to_numpy(kind(0.0)(linear(weight), real, fake)) == 0.0


@pytest.mark.parametrize("bad", [-1.0, float("nan")])
def test_refuses_negative_weights(bad):
    with pytest.raises(ValueError, match="`weight` must not be negative. Received: weight="):
        R1(bad)


def test_base_computes_nothing():
    with pytest.raises(NotImplementedError):
        Penalty(1.0)(None, None, None)


def test_penalty_appears_in_the_logs_of_a_step():
    generator = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(6), keras.layers.Reshape(SHAPE[1:])]
    )
    trunk = keras.Sequential([keras.Input(SHAPE[1:]), keras.layers.Flatten()])
    model = SANModel(generator, Discriminator(trunk, SANDense(1)))
    model.compile("wasserstein", penalties=[GradientPenalty(), R1(name="mine")], run_eagerly=True)
    logs = model.train_on_batch(np.zeros((4, *SHAPE[1:]), "float32"), return_dict=True)
    # A linear critic: the penalties are functions of the head's scale alone.
    assert logs["gradient_penalty"] > 0.0 and logs["mine"] > 0.0
