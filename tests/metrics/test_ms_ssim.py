"""Multi-scale structural similarity."""

import numpy as np
import pytest

from keras_san import metrics
from keras_san.metrics.ms_ssim import WEIGHTS, scale_count

RANDOM = np.random.default_rng(0)


def pair(size):
    coarse = RANDOM.integers(0, 256, (2, size // 4, size // 4, 3)).repeat(4, 1).repeat(4, 2)
    noise = RANDOM.normal(scale=20.0, size=coarse.shape)
    return coarse.astype("uint8"), np.clip(coarse + noise, 0, 255).astype("uint8")


@pytest.mark.parametrize("size", [176, 48])
def test_like_tensorflow(size, backend):
    if backend != "tensorflow":
        pytest.skip("TensorFlow is the oracle")
    import tensorflow as tf

    left, right = pair(size)
    weights = WEIGHTS[: scale_count((size, size))]
    expected = tf.image.ssim_multiscale(
        tf.constant(left), tf.constant(right), 255, [w / sum(weights) for w in weights]
    )
    np.testing.assert_allclose(metrics.ms_ssim(left, right), expected.numpy(), atol=2e-4)


def test_scales():
    assert [scale_count((size, size)) for size in (11, 28, 32, 64, 176)] == [1, 2, 2, 3, 5]
    with pytest.raises(ValueError, match="11 pixels and more"):
        scale_count((10, 32))


def test_diversity():
    images = RANDOM.integers(0, 256, (30, 16, 16, 1), "uint8")
    assert metrics.ms_ssim_diversity(images, pairs=20).value < 0.2
    assert metrics.ms_ssim_diversity(images[:1].repeat(5, 0), pairs=20).value == pytest.approx(1.0)
    # Two classes of equal images: pairs are of one class.
    labels = np.arange(10) % 2
    result = metrics.ms_ssim_diversity(images[labels], labels, pairs=20)
    assert result.value == pytest.approx(1.0)
    with pytest.raises(ValueError, match="Class 9 has 1 samples"):
        metrics.ms_ssim_diversity(images[:3], np.array([1, 1, 9]), pairs=5)


def test_the_error_counts_that_pairs_share_images():
    """The error is how far the mean goes from one set of images to the next."""
    random = np.random.default_rng(3)
    modes = random.integers(0, 256, (3, 11, 11, 1))
    found = []
    for _ in range(12):
        noise = random.integers(-8, 9, (30, 11, 11, 1))
        images = np.clip(modes[random.integers(3, size=30)] + noise, 0, 255).astype("uint8")
        found.append(metrics.ms_ssim_diversity(images, pairs=1000))
    spread = np.std([one.value for one in found], ddof=1)
    reported = np.mean([one.standard_error for one in found])
    assert 0.6 * spread < reported < 2.0 * spread


def test_classes_count_whatever_is_measured_beside_it():
    random = np.random.default_rng(4)
    labels = np.arange(24) % 2
    images = random.integers(0, 256, (2, 28, 28, 1), "uint8")[labels]
    values = []
    for measures in ("msssim", "msssim,fidelity"):
        results = metrics.evaluate(
            (images, labels), images, measures=measures, count=24, extractor="mnistclassifier"
        )
        values.append(results[0].value)
    assert values == [pytest.approx(1.0)] * 2
