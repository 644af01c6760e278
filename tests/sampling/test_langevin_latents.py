"""Langevin sampling against the tilted normal distribution that it should reach."""

import numpy as np
import pytest
from linear_gan import linear_model

from keras_san.sampling import langevin_latents, latents


def model_of(direction, num_classes=0):
    """A model of two latents whose score has the gradient `direction` by them."""
    return linear_model(np.eye(2), direction, (1, 2, 1), num_classes)


@pytest.fixture(scope="module")
def model():
    return model_of([2.0, -1.0])


def test_reaches_the_tilted_normal_distribution(model):
    # N(0, 1) times exp(slope * <direction, z>) is normal around slope * direction.
    vectors = langevin_latents(
        model, range(500), steps=60, step_size=0.2, slope=0.5, batch_size=500
    )
    np.testing.assert_allclose(vectors.mean(axis=0), [1.0, -0.5], atol=0.15)
    # The variance of the discrete walk is 1 / (1 - step_size / 4).
    np.testing.assert_allclose(vectors.var(axis=0), 1.0 / (1.0 - 0.05), rtol=0.2)
    assert abs(np.corrcoef(vectors.T)[0, 1]) < 0.15


def test_without_noise_it_is_the_known_geometric_series(model):
    start = latents(range(3), 2)
    vectors = langevin_latents(model, range(3), steps=7, step_size=0.3, noise=0.0)
    goal = np.array([2.0, -1.0])
    np.testing.assert_allclose(vectors, goal + (1 - 0.15) ** 7 * (start - goal), rtol=1e-5)


def test_noise_scales_the_draws_of_the_seed(model):
    still = langevin_latents(model, [4], steps=1, step_size=0.25, noise=0.0)
    moved = langevin_latents(model, [4], steps=1, step_size=0.25, noise=2.0)
    draws = np.random.RandomState([4, 3]).standard_normal(2)
    np.testing.assert_allclose(moved - still, [2.0 * 0.5 * draws], rtol=1e-4)


def test_a_seed_walks_alone():
    model = model_of([2.0, -1.0], num_classes=3)
    together = langevin_latents(model, [3, 9, 4, 11, 5], labels=[0, 1, 2, 0, 1], steps=3)
    for size in (1, 2):
        apart = langevin_latents(
            model, [3, 9, 4, 11, 5], labels=[0, 1, 2, 0, 1], steps=3, batch_size=size
        )
        np.testing.assert_allclose(apart, together, atol=1e-5)
    np.testing.assert_array_equal(langevin_latents(model, [], steps=3), np.zeros((0, 2)))
    np.testing.assert_allclose(langevin_latents(model, [9], labels=1, steps=3)[0], together[1])


def test_no_step_leaves_the_latents_as_they_are(model):
    np.testing.assert_array_equal(langevin_latents(model, [1, 2], steps=0), latents([1, 2], 2))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"step_size": 0.0}, "step_size"),
        ({"steps": -1}, "steps"),
        ({"noise": -1.0}, "noise"),
        ({"labels": 1}, "unconditional"),
        ({"batch_size": 0}, "batch_size"),
        ({"step_size": 100.0, "steps": 50}, "smaller `step_size`"),
    ],
)
def test_refusals(model, options, message):
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(ValueError, match=message):
        langevin_latents(model, [0], **options)
