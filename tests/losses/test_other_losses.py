"""Objectives without a monotone R: LSGAN, the relativistic pair, BEGAN."""

import keras
import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san import losses


def softplus(x):
    return np.logaddexp(0.0, x)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def number(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.fixture
def scores():
    return (2.0 * np.random.default_rng(1).normal(size=(2, 6, 1))).astype("float32")


def test_lsgan(scores):
    real, fake = scores
    loss = losses.get("lsgan")
    close(number(loss.discriminator(real, fake)), ((real - 1) ** 2).mean() + (fake**2).mean())
    close(number(loss.generator(fake)), ((fake - 1) ** 2).mean())
    (found,) = gradients(loss.generator, inputs=[fake])
    close(found, 2 * (fake - 1) / fake.size)
    # The direction's surrogate is the monotone form.
    monotone = losses.get("least_squares")
    assert number(loss.direction(real, fake)) == number(monotone.direction(real, fake))
    one, other = (gradients(each.direction, inputs=[real, fake]) for each in (loss, monotone))
    for a, b in zip(one, other, strict=True):
        close(a, b)


def test_relativistic(scores):
    real, fake = scores
    loss = losses.get("relativistic")
    assert loss.needs_real
    close(number(loss.discriminator(real, fake)), softplus(fake - real).mean())
    close(number(loss.generator(fake, real)), softplus(real - fake).mean())
    close(number(loss.direction(real, fake)), -softplus(real - fake).mean())
    found = gradients(loss.discriminator, inputs=[real, fake])
    slope = sigmoid(fake - real) / real.size
    close(found[0], -slope)
    close(found[1], slope)
    # The direction weights both of a pair by what the generator's gradient weighs.
    found = gradients(loss.direction, inputs=[real, fake])
    slope = sigmoid(real - fake) / real.size
    close(found[0], -slope)
    close(found[1], slope)


def test_relativistic_average(scores):
    real, fake = scores
    loss = losses.get("relativistic_average")
    r, f = real.mean(), fake.mean()
    expected = softplus(f - real).mean() + softplus(fake - r).mean()
    close(number(loss.discriminator(real, fake)), expected)
    expected = softplus(r - fake).mean() + softplus(real - f).mean()
    close(number(loss.generator(fake, real)), expected)
    close(number(loss.direction(real, fake)), -expected)
    found = gradients(loss.direction, inputs=[real, fake])
    slopes = [sigmoid(real - f) + sigmoid(r - fake).mean()]
    slopes.append(sigmoid(r - fake) + sigmoid(real - f).mean())
    close(found[0], -slopes[0] / real.size)
    close(found[1], slopes[1] / fake.size)
    assert slopes[0].min() > 0 and slopes[1].min() > 0


def test_began(scores):
    real, fake = -np.abs(scores)
    loss = losses.BEGAN(ratio=0.7, rate=0.01)
    loss.variables[0].assign(0.25)
    close(number(loss.discriminator(real, fake)), -real.mean() + 0.25 * fake.mean())
    close(number(loss.generator(fake)), -fake.mean())
    gap = 0.7 * -real.mean() - -fake.mean()
    logs = loss.observe(ops.convert_to_tensor(real), ops.convert_to_tensor(fake))
    assert set(logs) == set(loss.log_names)
    close(number(logs["balance"]), np.clip(0.25 + 0.01 * gap, 0, 1))
    close(number(loss.variables[0]), np.clip(0.25 + 0.01 * gap, 0, 1))
    close(number(logs["convergence"]), -real.mean() + abs(gap))
    for real_error, expected in ((1e3, 1.0), (0.0, 0.0)):
        loss.variables[0].assign(0.5)
        loss.observe(ops.full((2, 1), -real_error), ops.full((2, 1), -100.0))
        assert number(loss.variables[0]) == expected
    with pytest.raises(ValueError, match="no direction. Build it with head='auto_encoder'"):
        loss.direction(real, fake)
    with pytest.raises(ValueError, match="`ratio` must be in"):
        losses.BEGAN(ratio=0.0)


@pytest.mark.parametrize("name", ["lsgan", "relativistic", "relativistic_average"])
def test_large_scores_stay_finite(name):
    scores = np.array([-1e4, -100.0, 0.0, 100.0, 1e4], "float32")
    loss = losses.get(name)
    for function in (loss.discriminator, loss.direction):
        for gradient in gradients(function, inputs=[scores, scores[::-1].copy()]):
            assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    "loss",
    [
        losses.OriginalLeastSquares(normalize_weights=True),
        losses.Relativistic(),
        losses.RelativisticAverage(),
        losses.BEGAN(ratio=0.3, rate=0.2),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_config_round_trip(loss):
    copy = losses.get(keras.saving.serialize_keras_object(loss))
    assert type(copy) is type(loss)
    assert copy.get_config() == loss.get_config()
    assert all(getattr(copy, key) == value for key, value in loss.get_config().items())
