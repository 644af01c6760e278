"""Measures of features: closed forms, invariance, errors."""

import itertools

import numpy as np
import pytest

from keras_san import metrics
from keras_san.metrics import blocks, nearest

RANDOM = np.random.default_rng(0)
REAL = RANDOM.normal(size=(300, 6))
FAKE = 1.3 * RANDOM.normal(size=(250, 6)) + 0.4

PAIRS = {
    "fd": metrics.frechet_distance,
    "kid": metrics.kernel_distance,
    "precision_recall": metrics.precision_recall,
    "density_coverage": metrics.density_coverage,
}


def values(result):
    estimates = result.values() if isinstance(result, dict) else [result]
    return np.array([estimate.value for estimate in estimates])


@pytest.mark.parametrize("name", PAIRS)
def test_order_and_blocks_do_not_matter(name, monkeypatch):
    expected = values(PAIRS[name](REAL, FAKE))
    monkeypatch.setattr(blocks, "BYTES", 8 * len(REAL) * 37)
    monkeypatch.setattr(blocks.row_blocks, "__defaults__", (0, 41))
    orders = [RANDOM.permutation(len(x)) for x in (REAL, FAKE)]
    shuffled = PAIRS[name](REAL[orders[0]], FAKE[orders[1]])
    np.testing.assert_allclose(values(shuffled), expected, rtol=1e-10)


def test_statistics_of_any_batches_and_merges():
    parts = [metrics.FeatureStatistics(6) for _ in range(2)]
    # A mean far from zero, where sums of squares would lose all digits.
    features = REAL + 1e6
    for start in range(0, 100, 7):
        parts[0].update(features[start : min(start + 7, 100)])
    parts[1].update(features[100:])
    parts[1].merge(parts[0])
    np.testing.assert_allclose(parts[1].mean, features.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(parts[1].covariance, np.cov(features.T), atol=1e-8)
    assert parts[1].count == 300
    again = metrics.FeatureStatistics.from_arrays(parts[1].arrays())
    np.testing.assert_array_equal(again.covariance, parts[1].covariance)


def test_frechet_distance_of_known_gaussians():
    # Diagonal covariances: the distance is that of means and deviations.
    one, other = metrics.FeatureStatistics(2), metrics.FeatureStatistics(2)
    corners = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    one.update(corners)
    other.update(3.0 * corners + [5.0, 0.0])
    deviation = np.sqrt(4.0 / 3.0)
    expected = 25.0 + 2.0 * (3.0 * deviation - deviation) ** 2
    assert metrics.frechet_distance(one, other).value == pytest.approx(expected, rel=1e-12)
    assert metrics.frechet_distance(one, one).value == pytest.approx(0.0, abs=1e-12)


def test_frechet_distance_of_singular_covariances():
    flat = np.concatenate([REAL[:40], np.zeros((40, 60))], axis=1)
    moved = flat.copy()
    moved[:, 6] += 2.0
    with pytest.warns(UserWarning, match="40 samples in 66 dimensions .* at least 67 samples"):
        value = metrics.frechet_distance(flat, moved).value
    assert value == pytest.approx(4.0, rel=1e-12)


def test_kernel_distance_is_unbiased():
    # The mean of an unbiased statistic over all subsets is its value on the whole.
    subsets = list(itertools.combinations(range(6), 3))
    over_subsets = [metrics.kernel_distance(REAL[list(rows)], FAKE[:4]).value for rows in subsets]
    whole = metrics.kernel_distance(REAL[:6], FAKE[:4]).value
    assert np.mean(over_subsets) == pytest.approx(whole, rel=1e-10)
    assert min(over_subsets) < whole < max(over_subsets)


def test_standard_error_of_the_kernel_distance():
    random = np.random.default_rng(1)
    draws = [
        metrics.kernel_distance(random.normal(size=(60, 3)), random.normal(0.5, 1.0, (60, 3)))
        for _ in range(150)
    ]
    deviation = np.std([draw.value for draw in draws])
    errors = np.array([draw.standard_error for draw in draws])
    assert 0.75 < np.sqrt(np.mean(errors**2)) / deviation < 1.25


def test_kernel_distance_over_subsets():
    exact = metrics.kernel_distance(REAL, FAKE)
    whole = metrics.kernel_distance(REAL[:250], FAKE, subsets=2, subset_size=250)
    assert whole.value == pytest.approx(metrics.kernel_distance(REAL[:250], FAKE).value)
    drawn = [metrics.kernel_distance(REAL, FAKE, subsets=50, subset_size=100) for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert abs(drawn[0].value - exact.value) < 4.0 * exact.standard_error
    # One set alike in every subset says nothing of its error.
    assert whole.standard_error is None
    with pytest.raises(ValueError, match="250 samples, subset_size needs at least 1000"):
        metrics.kernel_distance(REAL, FAKE, subsets=2)


@pytest.mark.parametrize("size", [60, 200])
def test_standard_error_over_subsets_is_the_deviation_of_repetitions(size):
    random = np.random.default_rng(1)
    pairs = [(random.normal(size=(240, 4)), random.normal(0.7, size=(240, 4))) for _ in range(40)]
    found = [
        metrics.kernel_distance(*pair, subsets=20, subset_size=size, seed=index)
        for index, pair in enumerate(pairs)
    ]
    deviation = np.std([estimate.value for estimate in found], ddof=1)
    stated = np.median([estimate.standard_error for estimate in found])
    assert 0.8 < stated / deviation < 1.25


def test_precision_recall_density_coverage_by_hand():
    real = np.array([[0.0], [1.0], [2.0], [10.0]])
    fake = np.array([[0.5], [100.0]])
    # Radii of the nearest other: 1, 1, 1, 8.
    scores = metrics.density_coverage(real, fake, neighbours=1)
    assert scores["density"].value == 2.0 / 2.0 and scores["coverage"].value == 0.5
    scores = metrics.precision_recall(real, fake, neighbours=1)
    assert scores["precision"].value == 0.5
    # Both balls of the fake reach 99.5.
    assert scores["recall"].value == 1.0
    same = metrics.precision_recall(REAL, REAL)
    assert same["precision"].value == same["recall"].value == 1.0


def test_intra_class_distance_sees_swapped_labels():
    labels = np.arange(300) % 2
    real = REAL + 4.0 * labels[:, None]
    fake = RANDOM.normal(size=(300, 6)) + 4.0 * labels[:, None]
    right = metrics.intra_class_frechet_distance(real, labels, fake, labels).value
    wrong = metrics.intra_class_frechet_distance(real, labels, fake, 1 - labels).value
    assert right < 1.0 and wrong > 90.0
    by_hand = [metrics.frechet_distance(real[labels == c], fake[labels == c]).value for c in (0, 1)]
    assert right == pytest.approx(np.mean(by_hand))
    with pytest.raises(ValueError, match="Class 0 has 150 real and 0 fake"):
        metrics.intra_class_frechet_distance(real, labels, fake, np.full(300, 2))


def test_inception_style_score_by_hand():
    sure = np.eye(4)[np.arange(40) % 4]
    assert metrics.inception_style_score(sure).value == pytest.approx(4.0)
    assert metrics.inception_style_score(np.full((40, 4), 0.25)).value == pytest.approx(1.0)
    with pytest.raises(ValueError, match="softmax"):
        metrics.inception_style_score(RANDOM.normal(size=(20, 4)))


def test_class_fidelity():
    result = metrics.class_fidelity(np.eye(3)[[0, 1, 2, 0]], np.array([0, 1, 2, 1]))
    assert result.value == 0.75 and result.standard_error == pytest.approx(np.sqrt(0.1875 / 4))
    with pytest.raises(ValueError, match=r"labels must lie in \[0, 3\)"):
        metrics.class_fidelity(np.eye(3), np.array([0, 1, 3]))


def test_memorisation():
    held_out = RANDOM.normal(size=(300, 6))
    assert metrics.memorisation(REAL, held_out, REAL[:50] + 1e-3).value == 1.0
    assert metrics.memorisation(REAL, REAL, FAKE).value == 0.5
    assert 0.35 < metrics.memorisation(REAL, held_out, FAKE).value < 0.65
    # Real images of which a tenth or all are held out: copies of any are found, new ones are not.
    for part, tolerance in ((30, 0.25), (300, 0.12)):
        copied = metrics.memorisation(REAL, held_out[:part], REAL[200:] + 1e-3)
        half = metrics.memorisation(REAL, held_out[:part], np.concatenate([REAL[:100], FAKE[:100]]))
        fresh = metrics.memorisation(REAL, held_out[:part], FAKE)
        assert copied.value == pytest.approx(1.0)
        assert half.value == pytest.approx(0.75, abs=tolerance)
        assert fresh.value == pytest.approx(0.5, abs=tolerance)
    assert metrics.memorisation(REAL, REAL[:10], REAL[:10]).value == pytest.approx(0.5)
    distances, indices = metrics.nearest_neighbours(REAL[[4, 7]] + 1e-9, REAL)
    assert indices.tolist() == [4, 7] and distances.max() < 1e-6


def test_authenticity():
    # On a line: a training image's distance to its nearest other one decides.
    train = np.array([[0.0], [1.0], [3.0], [7.0]])
    fake = np.array([[-0.9], [-1.1], [3.5], [4.9], [7.1], [20.0]])
    rows = np.abs(fake - train.T).argmin(axis=1)
    others = np.sort(np.abs(train - train.T), axis=1)[:, 1]
    expected = np.abs(fake - train[rows])[:, 0] > others[rows]
    assert expected.tolist() == [False, True, False, False, False, True]
    assert metrics.authenticity(train, fake).value == pytest.approx(expected.mean())
    assert metrics.authenticity(REAL, REAL[:50] + 1e-3).value == 0.0
    assert metrics.authenticity(REAL, np.repeat(REAL[:1], 3, axis=0)).value == 0.0
    fresh = np.random.default_rng(5).normal(size=(300, 6))
    mixed = np.concatenate([REAL[:150] + 1e-3, fresh[:150]])
    chance = metrics.authenticity(REAL, fresh).value
    assert 0.4 < chance < 0.7
    assert metrics.authenticity(REAL, mixed).value == pytest.approx(chance / 2, abs=0.05)
    # A copy of what the training set holds twice is one.
    assert metrics.authenticity(np.repeat(REAL, 2, axis=0), REAL).value == 0.0
    with pytest.raises(ValueError, match="training set has 1 samples"):
        metrics.authenticity(REAL[:1], FAKE)


@pytest.mark.parametrize("references", [7, 100, 10_000])
def test_the_nearest_is_found_whatever_the_pieces(monkeypatch, references):
    monkeypatch.setattr(nearest, "REFERENCES", references)
    rows = np.array([0, 6, 7, 150, len(REAL) - 1])
    squares, indices, _ = nearest.nearest(REAL[rows], REAL, own=rows)
    distances = ((REAL[rows, None] - REAL) ** 2).sum(axis=2)
    distances[np.arange(len(rows)), rows] = np.inf
    np.testing.assert_array_equal(indices, distances.argmin(axis=1))
    np.testing.assert_allclose(squares, distances.min(axis=1), rtol=1e-9)


@pytest.mark.parametrize("name", PAIRS)
def test_features_that_are_none(name):
    broken = FAKE.copy()
    broken[[3, 9], 0] = np.nan
    with pytest.raises(ValueError, match="not finite in 2 of 250 rows, first in row 3"):
        PAIRS[name](REAL, broken)
    with pytest.raises(ValueError, match="6 dimensions, fake ones 5"):
        PAIRS[name](REAL, FAKE[:, :5])
    with pytest.raises(ValueError, match="floats of shape"):
        PAIRS[name](REAL, FAKE[0])


def test_an_image_in_both_sets_is_a_tie_to_the_last_bit():
    random = np.random.default_rng(3)
    shared = random.normal(size=(300, 64)).astype("float32") + 10.0
    fake = (shared[:200] + 0.3 * random.normal(size=(200, 64))).astype("float32")
    held_out = random.permutation(shared)
    assert metrics.memorisation(shared, held_out, fake).value == 0.5
