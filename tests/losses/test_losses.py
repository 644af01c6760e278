"""Every objective against the formulas of its paper, written again in NumPy."""

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


def relu(x):
    return np.maximum(x, 0.0)


def square(x):
    return x * x


# Name: (discriminator(r, f), R(f), -R'(f)).
FORMULAS = {
    "hinge": (
        lambda r, f: relu(1 - r).mean() + relu(1 + f).mean(),
        lambda f: -f,
        lambda f: np.ones_like(f),
    ),
    "least_squares": (
        lambda r, f: square(softplus(1 - r)).mean() + square(softplus(f)).mean(),
        lambda f: square(softplus(1 - f)),
        lambda f: 2 * softplus(1 - f) * sigmoid(1 - f),
    ),
    "saturating": (
        lambda r, f: softplus(-r).mean() + softplus(f).mean(),
        lambda f: -softplus(f),
        sigmoid,
    ),
    "non_saturating": (
        lambda r, f: softplus(-r).mean() + softplus(f).mean(),
        lambda f: softplus(-f),
        lambda f: sigmoid(-f),
    ),
    "wasserstein": (
        lambda r, f: -r.mean() + f.mean(),
        lambda f: -f,
        lambda f: np.ones_like(f),
    ),
}
# These have no monotone R: tests/losses/test_other_losses.py.
OTHERS = {"began", "lsgan", "relativistic", "relativistic_average"}


@pytest.fixture
def scores():
    """Scores of real and fake images, on both sides of every corner, of a patch's shape."""
    random = np.random.default_rng(1)
    return (2.0 * random.normal(size=(2, 6, 2, 2, 1))).astype("float32")


def test_every_objective_has_its_formula_here():
    assert set(losses.names()) == set(FORMULAS) | OTHERS
    assert set(losses.aliases().values()) <= set(FORMULAS)
    for alias, name in losses.aliases().items():
        assert type(losses.get(alias)) is type(losses.get(name))


@pytest.mark.parametrize("name", FORMULAS)
def test_values(name, scores):
    real, fake = scores
    discriminator, terms, slope = FORMULAS[name]
    loss = losses.get(name)
    close(ops.convert_to_numpy(loss.discriminator(real, fake)), discriminator(real, fake))
    close(ops.convert_to_numpy(loss.generator_terms(fake)), terms(fake))
    close(ops.convert_to_numpy(loss.generator(fake)), terms(fake).mean())
    close(ops.convert_to_numpy(loss.generator_slope(fake)), slope(fake))
    # The general rule of SAN.
    close(ops.convert_to_numpy(loss.direction(real, fake)), terms(real).mean() - terms(fake).mean())


@pytest.mark.parametrize("name", FORMULAS)
def test_slope_is_minus_the_derivative(name):
    scores = np.linspace(-4.0, 4.0, 41)
    _, terms, slope = FORMULAS[name]
    numeric = -(terms(scores + 1e-5) - terms(scores - 1e-5)) / 2e-5
    close(slope(scores), numeric, 1e-6)
    found = losses.get(name).generator_slope(ops.convert_to_tensor(scores, "float32"))
    close(ops.convert_to_numpy(found), numeric)
    assert (ops.convert_to_numpy(found) > 0.0).all(), "the loss of the generator must fall"


@pytest.mark.parametrize("name", FORMULAS)
def test_gradient_of_the_generator(name, scores):
    _, fake = scores
    (found,) = gradients(losses.get(name).generator, inputs=[fake])
    close(found, -FORMULAS[name][2](fake) / fake.size)


@pytest.mark.parametrize("name", FORMULAS)
def test_gradient_of_the_direction(name, scores):
    real, fake = scores
    slope = FORMULAS[name][2]
    found = gradients(losses.get(name).direction, inputs=[real, fake])
    close(found[0], -slope(real) / real.size)
    close(found[1], slope(fake) / fake.size)


@pytest.mark.parametrize("name", FORMULAS)
def test_normalized_weights(name, scores):
    """Samples weigh -R' over its sum; the weights themselves give no gradient."""
    real, fake = scores
    slope = FORMULAS[name][2]
    loss = type(losses.get(name))(normalize_weights=True)
    weights = [slope(side) / slope(side).sum() for side in (real, fake)]
    expected = (weights[1] * fake).sum() - (weights[0] * real).sum()
    close(ops.convert_to_numpy(loss.direction(real, fake)), expected)
    found = gradients(loss.direction, inputs=[real, fake])
    close(found[0], -weights[0])
    close(found[1], weights[1])
    # The other terms do not know of it.
    close(ops.convert_to_numpy(loss.generator(fake)), FORMULAS[name][1](fake).mean())
    discriminator = FORMULAS[name][0](real, fake)
    close(ops.convert_to_numpy(loss.discriminator(real, fake)), discriminator)


@pytest.mark.parametrize("name", FORMULAS)
def test_gradient_of_the_discriminator(name, scores):
    real, fake = scores
    found = gradients(losses.get(name).discriminator, inputs=[real, fake])
    step = 1e-4
    discriminator = FORMULAS[name][0]
    for side in (0, 1):
        for index in ((0, 0, 0, 0), (3, 1, 0, 0)):
            high, low = ([array.astype("float64") for array in scores] for _ in range(2))
            high[side][index] += step
            low[side][index] -= step
            numeric = (discriminator(*high) - discriminator(*low)) / (2 * step)
            close(found[side][index], numeric, 1e-4)


@pytest.mark.parametrize("name", FORMULAS)
def test_large_scores_stay_finite(name):
    scores = np.array([-1e4, -100.0, 0.0, 100.0, 1e4], "float32")
    for normalize_weights in (False, True):
        loss = type(losses.get(name))(normalize_weights)
        for gradient in gradients(loss.direction, inputs=[scores, scores]):
            assert np.isfinite(gradient).all()
        for gradient in gradients(loss.discriminator, inputs=[scores, scores]):
            assert np.isfinite(gradient).all()
        assert np.isfinite(ops.convert_to_numpy(loss.generator(scores)))


@pytest.mark.parametrize("name", FORMULAS)
def test_config_round_trip(name):
    loss = type(losses.get(name))(normalize_weights=True)
    config = keras.saving.serialize_keras_object(loss)
    for copy in (type(loss).from_config(loss.get_config()), losses.get(config)):
        assert type(copy) is type(loss)
        assert vars(copy) == vars(loss) == {"normalize_weights": True}


def test_get_by_name_makes_a_new_object_and_passes_an_object_on():
    assert isinstance(losses.get("hinge"), losses.Hinge)
    assert losses.get("hinge") is not losses.get("hinge")
    loss = losses.Hinge()
    assert losses.get(loss) is loss


def test_get_takes_an_objective_of_somebody_else():
    class Own:
        def generator(self, fake):
            return ops.mean(fake)

        def discriminator(self, real, fake):
            return ops.mean(real) - ops.mean(fake)

        direction = discriminator

    own = Own()
    assert losses.get(own) is own


@pytest.mark.parametrize("identifier", ["hing", "", None, 3, len])
def test_get_refuses(identifier):
    with pytest.raises(ValueError, match="Unknown GAN objective: .*'hinge'.*'wasserstein'"):
        losses.get(identifier)
