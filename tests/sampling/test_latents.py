"""Latents and labels are a pure function of seeds: golden numbers, bounds, independence."""

import numpy as np
import pytest

from keras_san.sampling import latents, random_labels


def test_golden_numbers():
    # np.random.RandomState(0).standard_normal: frozen by NumPy's promise.
    expected = [1.764052345967664, 0.4001572083672233, 0.9787379841057392]
    np.testing.assert_allclose(latents([0], 3)[0], expected, rtol=1e-7)
    expected = [1.6243453636632417, -0.6117564136500754, -0.5281717522634557]
    np.testing.assert_allclose(latents([1], 3)[0], expected, rtol=1e-7)


def test_shape_and_dtype():
    vectors = latents(range(3), 5)
    assert vectors.shape == (3, 5) and vectors.dtype == np.float32
    assert latents([], 5).shape == (0, 5)


def test_a_seed_gives_its_vector_in_any_company():
    together = latents([7, 2**32 - 1, 3], 6)
    for row, seed in zip(together, (7, 2**32 - 1, 3), strict=True):
        np.testing.assert_array_equal(row, latents([seed], 6)[0])
    assert len(np.unique(together)) == 18


def test_longer_vectors_start_alike():
    np.testing.assert_array_equal(latents([5], 8)[0, :4], latents([5], 4)[0])


def test_takes_numpy_seeds():
    np.testing.assert_array_equal(latents(np.arange(2), 4), latents([0, 1], 4))


@pytest.mark.parametrize("truncation", [0.1, 0.5, 0.99])
def test_truncation_bounds(truncation):
    vectors = latents(range(20), 200, truncation)
    assert np.abs(vectors).max() <= 2.0 * truncation
    # Drawn again, not clipped: nothing heaps up at the bound.
    assert (np.abs(vectors) > 1.999 * truncation).mean() < 0.005
    # Deviation of a normal distribution truncated to [-2, 2].
    assert vectors.std() == pytest.approx(0.8796 * truncation, rel=0.03)


def test_truncation_keeps_what_lies_inside():
    plain, truncated = latents([3], 100)[0], latents([3], 100, 0.5)[0]
    inside = np.abs(plain) <= 2.0
    assert 0 < (~inside).sum() < 20
    np.testing.assert_allclose(truncated[inside], 0.5 * plain[inside], rtol=1e-6)


def test_truncation_one_is_the_normal_distribution_of_training():
    vectors = latents(range(20), 200)
    assert np.abs(vectors).max() > 2.5
    assert vectors.std() == pytest.approx(1.0, rel=0.03)


@pytest.mark.parametrize("truncation", [0.0, -0.5, 1.01, float("nan")])
def test_refuses_truncation(truncation):
    with pytest.raises(ValueError, match=r"`truncation` must be in \(0, 1\].*Received"):
        latents([0], 4, truncation)


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5])
@pytest.mark.parametrize("draw", [latents, random_labels])
def test_refuses_seeds(draw, seed):
    with pytest.raises(ValueError, match=r"integer in \[0, 2\*\*32\). Received:"):
        draw([0, seed], 4)


def test_labels():
    labels = random_labels(range(2000), 10)
    assert labels.shape == (2000,) and labels.dtype == np.int32
    counts = np.bincount(labels, minlength=10)
    assert len(counts) == 10 and counts.min() > 140 and counts.max() < 260
    np.testing.assert_array_equal(labels[:8], [7, 5, 3, 4, 0, 3, 7, 4])
    np.testing.assert_array_equal(random_labels([5, 1], 10), labels[[5, 1]])


def test_labels_do_not_depend_on_how_latents_are_drawn():
    before = random_labels(range(8), 10)
    latents(range(8), 50, truncation=0.3)
    np.testing.assert_array_equal(random_labels(range(8), 10), before)


def test_labels_are_independent_of_the_latents():
    labels = random_labels(range(2000), 2)
    first = latents(range(2000), 1)[:, 0]
    assert abs(np.corrcoef(labels, first)[0, 1]) < 0.08
