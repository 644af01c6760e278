"""Rejection sampling against the distribution it should give."""

import numpy as np
import pytest
from linear_gan import linear_model
from scipy import stats

from keras_san.convert import Converted
from keras_san.models import SimpleSANGenerator, build
from keras_san.presets import load_preset
from keras_san.sampling import (
    RejectionSampler,
    ScoreCalibration,
    calibrate_scores,
    fit_calibration,
    langevin_latents,
    latents,
    random_labels,
)
from keras_san.sampling.rejection_sampler import log_odds

# An image is one pixel, a quarter of the latent number: nothing is cut off at [-1, 1].
SCALE = 4.0


def model_of_slope(slope, num_classes=0):
    """A model whose score is `slope * z`."""
    return linear_model([[1 / SCALE]], [slope * SCALE], (1, 1, 1), num_classes)


@pytest.fixture(scope="module")
def model():
    return model_of_slope(1.0)


def test_kept_images_follow_the_density_ratio(model):
    # Generated: N(0, 1). The logit z is that of N(1, 1) against it, but for a constant.
    sampler = RejectionSampler(model, percentile=None, burn_in=512, batch_size=512)
    samples = sampler.sample(200)
    kept = latents(samples.seeds, 1)[:, 0]
    assert stats.kstest(kept, stats.norm(1.0, 1.0).cdf).pvalue > 0.01
    assert stats.kstest(kept, stats.norm(0.0, 1.0).cdf).pvalue < 1e-9
    # exp(z - maximum), averaged over N(0, 1); the maximum grows a little on the way.
    assert 0.4 < samples.acceptance_rate / np.exp(0.5 - sampler.maximum[0]) < 1.1


def test_a_calibration_is_applied_to_the_scores():
    samples = RejectionSampler(
        model_of_slope(4.0),
        percentile=None,
        burn_in=512,
        calibration=ScoreCalibration(slope=0.25, intercept=3.0),
        batch_size=512,
    ).sample(120)
    kept = latents(samples.seeds, 1)[:, 0]
    assert stats.kstest(kept, stats.norm(1.0, 1.0).cdf).pvalue > 0.01


def test_the_paper_rule_with_gamma(model):
    sampler = RejectionSampler(model, percentile=75.0, epsilon=0.01, burn_in=100, batch_size=50)
    samples = sampler.sample(20, seed=1000)
    seeds = np.arange(2**32 - 100, 2**32)
    burn_in = model.score(model.generate(seeds=seeds)).astype("float64")
    maximum, kept, seed = burn_in.max(), [], 1000
    while len(kept) < 20:
        score = float(model.score(model.generate(seeds=[seed]))[0])
        maximum = max(maximum, score)
        difference = np.array([score, np.percentile(burn_in, 75.0)]) - maximum
        own, gamma = difference - np.log(1 - np.exp(difference - 0.01))
        value = own - gamma
        if np.random.RandomState([seed, 2]).uniform() < 1 / (1 + np.exp(-value)):
            kept.append(seed)
        seed += 1
    assert samples.seeds.tolist() == kept
    assert samples.acceptance_rate == 20 / (seed - 1000)
    images = model.generate(seeds=kept).astype(int)
    assert np.abs(samples.images - images).max() <= 1


def test_a_higher_percentile_keeps_fewer_and_better(model):
    rates, means = [], []
    for percentile in (20.0, 90.0):
        samples = RejectionSampler(model, percentile, burn_in=256, batch_size=128).sample(60)
        rates.append(samples.acceptance_rate)
        means.append(latents(samples.seeds, 1).mean())
    assert rates[0] > 2 * rates[1] and means[0] < means[1]


def test_neither_batch_size_nor_count_nor_history_changes_what_is_kept():
    model = model_of_slope(1.0, num_classes=2)
    first = RejectionSampler(model, burn_in=40, batch_size=7)
    second = RejectionSampler(model, burn_in=40, batch_size=32)
    expected = first.sample(9, seed=5)
    assert len(set(expected.labels)) == 2
    for samples in (first.sample(9, seed=5), second.sample(9, seed=5), second.sample(12, seed=5)):
        np.testing.assert_array_equal(samples.seeds[:9], expected.seeds)
        np.testing.assert_array_equal(samples.labels[:9], expected.labels)
        assert np.abs(samples.images[:9].astype(int) - expected.images).max() <= 1


def test_half_of_the_images_at_the_percentile_are_kept_whatever_the_maximum(model):
    sampler = RejectionSampler(model, percentile=80.0, burn_in=100)
    sampler.prepare()
    for maximum in sampler.maximum[0] + np.array([0.0, 0.5, 5.0]):
        assert sampler._chance(sampler.level[0], 0, maximum) == 0.5
    # So what is kept does not become rare as greater scores are met on the way.
    seeds = np.sort(sampler.sample(100).seeds)
    assert seeds[49] > 0.35 * seeds[-1]


def test_a_class_that_is_hard_to_judge_gets_no_fewer():
    # The score of class 1 lies one above that of class 0, and its images are kept less often.
    model = model_of_slope(1.0, num_classes=2)
    sampler = RejectionSampler(model, burn_in=200, batch_size=100)
    sampler.prepare()
    sampler.level[1] += 1.0
    samples = sampler.sample(60, labels=[0, 1])
    assert samples.labels.tolist() == [0, 1] * 30
    assert (samples.seeds % 2 == samples.labels).all()
    ones, zeros = (samples.seeds[samples.labels == label].max() for label in (1, 0))
    assert ones > 1.5 * zeros
    drawn = sampler.sample(40, seed=3).labels
    np.testing.assert_array_equal(drawn, random_labels(range(3, 43), 2))
    assert set(sampler.sample(3, labels=1).labels) == {1}


def test_a_list_of_classes_goes_on_beyond_the_images_asked_for():
    sampler = RejectionSampler(model_of_slope(1.0, num_classes=3), burn_in=60, batch_size=7)
    samples = sampler.sample(2, labels=[2, 0, 1])
    assert samples.labels.tolist() == [2, 0]
    assert (samples.seeds % 3).tolist() == [0, 1]


def test_what_cannot_judge_is_refused(model):
    falling = ScoreCalibration(slope=-3.0)
    with pytest.raises(ValueError, match="slope=-3.*real images score below"):
        RejectionSampler(model, calibration=falling)
    with pytest.raises(ValueError, match="slope=-3"):
        langevin_latents(model, [0], steps=1, slope=-3.0)
    alone = Converted("san_simple", ("g.pt",), SimpleSANGenerator(width=2)).model()
    real = alone.generate(4)
    for judge in (
        lambda: RejectionSampler(alone),
        lambda: langevin_latents(alone, [0], steps=1),
        lambda: calibrate_scores(alone, real),
    ):
        with pytest.raises(ValueError, match="no trained discriminator.*--discriminator"):
            judge()


def test_log_odds_is_finite_at_the_maximum():
    assert log_odds(2.0, 2.0, 1e-6) == pytest.approx(-np.log(1e-6), rel=1e-4)
    # Without gamma the chance is the density ratio over its maximum.
    odds = log_odds(np.array([-3.0, -0.5]), 0.0, 1e-12)
    np.testing.assert_allclose(1 / (1 + np.exp(-odds)), np.exp([-3.0, -0.5]), rtol=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"percentile": 101.0}, "percentile"),
        ({"epsilon": 0.0}, "epsilon"),
        ({"burn_in": 1}, "burn_in"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_refusals(model, options, message):
    with pytest.raises(ValueError, match=message):
        RejectionSampler(model, **options)


def test_says_when_hardly_an_image_is_kept():
    sampler = RejectionSampler(model_of_slope(1.0), percentile=None, burn_in=4, batch_size=500)
    with pytest.raises(ValueError, match="count"):
        sampler.sample(0)
    sampler.prepare()
    sampler.maximum += 100.0
    with pytest.raises(ValueError, match="Of 1 images 1 were not found among 1000 that were tried"):
        sampler.sample(1)


def test_calibration_is_the_log_density_ratio():
    # Two normal distributions of deviation 2, at 1 and -1: the log ratio of x is x / 2.
    points = stats.norm.ppf((np.arange(2000) + 0.5) / 2000)
    calibration = fit_calibration(2.0 * points + 1.0, 2.0 * points - 1.0)
    assert calibration.slope == pytest.approx(0.5, rel=0.01)
    assert calibration.intercept == pytest.approx(0.0, abs=1e-6)
    scaled = fit_calibration(200.0 * points + 107.0, 200.0 * points[::2] - 93.0)
    np.testing.assert_allclose(scaled.logits([7.0, 207.0]), [0.0, 1.0], atol=0.01)


def test_calibration_of_scores_that_do_not_overlap_is_finite():
    calibration = fit_calibration([2.0, 3.0, 4.0], [-2.0, -1.0])
    assert 0.0 < calibration.slope < 10.0
    # Platt's targets are met on average: the logits stay those of a few samples.
    assert abs(calibration.logits([4.0])[0]) < 6.0


@pytest.mark.parametrize("scores", [([], [1.0]), ([1.0], [1.0]), ([np.nan], [1.0])])
def test_calibration_refuses(scores):
    with pytest.raises(ValueError, match="finite scores"):
        fit_calibration(*scores)


def test_calibrate_scores_draws_as_many_of_the_same_classes():
    model = model_of_slope(1.0, num_classes=2)
    real = model.generate(seeds=range(500, 700), labels=1)
    # Real images are the generator's own of the same class: no score tells them apart.
    assert abs(calibrate_scores(model, real, labels=1).slope) < 0.25
    with pytest.raises(ValueError, match="class-conditional"):
        calibrate_scores(model, real)


def test_many_classes_need_no_more_patience():
    # One seed in 200 is of the class that is wanted, one image in five of it is kept.
    sampler = RejectionSampler(model_of_slope(1.0, 200), burn_in=400, batch_size=200)
    for seed in (0, 10_000, 20_000):
        samples = sampler.sample(1, seed=seed)
        assert samples.labels.tolist() == random_labels([seed], 200).tolist()


def test_a_discriminator_that_was_not_loaded_is_no_judge(tmp_path):
    folder = build("dcgan", (32, 32, 1), width=2).save_preset(tmp_path / "preset")
    model = load_preset(folder, load_discriminator=False)
    for refused in (
        lambda: RejectionSampler(model, burn_in=4),
        lambda: langevin_latents(model, range(2), steps=1),
        lambda: calibrate_scores(model, np.zeros((4, 32, 32, 1), "uint8")),
    ):
        with pytest.raises(ValueError, match="was not loaded.*load_discriminator=True"):
            refused()
    RejectionSampler(load_preset(folder), burn_in=4)
    # One that was trained since has seen images.
    model.compile()
    model.fit(np.zeros((4, 32, 32, 1), "uint8"), batch_size=4, verbose=0)
    RejectionSampler(model, burn_in=4)
