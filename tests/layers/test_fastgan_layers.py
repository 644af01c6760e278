"""Noise, excitation and upsampling against NumPy, their gradients and refusals."""

import keras
import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san.layers import NoiseInjection, SkipLayerExcitation, UpSampling2D

RANDOM = np.random.default_rng(1)
MAPS = RANDOM.normal(size=(3, 8, 8, 2)).astype("float32")


def numpy_of(tensor):
    return np.array(ops.convert_to_numpy(tensor))


def test_new_noise_changes_nothing():
    layer = NoiseInjection()
    for training in (True, False):
        np.testing.assert_array_equal(numpy_of(layer(MAPS, training=training)), MAPS)


def test_fixed_noise_is_one_map_of_the_seed():
    layers = [NoiseInjection(seed=seed) for seed in (3, 3, 4)]
    noises = []
    for layer in layers:
        layer.build(MAPS.shape)
        layer.strength.assign(2.0)
        noises.append(numpy_of(layer(MAPS)) - MAPS)
    expected = 2.0 * np.random.RandomState(3).standard_normal((1, 8, 8, 1))
    close(noises[0], np.broadcast_to(expected, MAPS.shape))
    np.testing.assert_array_equal(noises[0], noises[1])
    assert np.abs(noises[0] - noises[2]).max() > 1.0


def test_drawn_noise_differs_by_image_and_call_but_not_by_channel():
    layer = NoiseInjection()
    layer.build((None, 64, 64, 2))
    layer.strength.assign(1.0)
    zeros = np.zeros((3, 64, 64, 2), "float32")
    noise = np.stack([numpy_of(layer(zeros, training=True)) for _ in range(2)])
    np.testing.assert_array_equal(noise[..., 0], noise[..., 1])
    draws = noise[..., 0].reshape(6, -1)
    np.testing.assert_allclose(np.cov(draws), np.eye(6), atol=0.1)


def test_gradient_of_the_strength_is_the_sum_over_the_noise():
    layer = NoiseInjection(seed=3)
    layer.build(MAPS.shape)
    cotangent = RANDOM.normal(size=MAPS.shape).astype("float32")
    by_strength, by_maps = gradients(
        lambda maps: ops.sum(layer(maps) * ops.convert_to_tensor(cotangent)),
        [layer.strength],
        [MAPS],
    )
    close(by_strength, np.sum(cotangent * layer.fixed_map), 1e-4)
    close(by_maps, cotangent)


def test_noise_refuses():
    with pytest.raises(ValueError, match="Received: seed=-1"):
        NoiseInjection(seed=-1)
    with pytest.raises(ValueError, match="known height and width. Received: input shape"):
        NoiseInjection()(keras.Input((None, 8, 2)))


def test_a_cell_of_the_small_map_decides_over_channels():
    """Only the means of the grid's cells count, and each gate is its own channel's."""
    small = RANDOM.normal(size=(3, 8, 8, 5)).astype("float32")
    layer = SkipLayerExcitation()
    outputs = numpy_of(layer([small, MAPS]))
    gates = outputs / MAPS
    np.testing.assert_allclose(gates, np.broadcast_to(gates[:, :1, :1], gates.shape), rtol=1e-4)
    assert (gates > 0.0).all() and (gates < 1.0).all()
    means = small.reshape(3, 4, 2, 4, 2, 5).mean((2, 4), keepdims=True)
    flat = np.broadcast_to(means, (3, 4, 2, 4, 2, 5)).reshape(small.shape)
    close(numpy_of(layer([flat, MAPS])), outputs)
    assert np.abs(numpy_of(layer([small[::-1].copy(), MAPS])) - outputs).max() > 1e-3


def test_excitation_refuses_a_small_map_that_has_no_grid():
    with pytest.raises(ValueError, match="must be multiples of 4. Received: input shapes"):
        SkipLayerExcitation()([MAPS[:, :6], MAPS])


def test_upsampling_repeats_each_position():
    expected = MAPS.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_array_equal(numpy_of(UpSampling2D()(MAPS)), expected)
    with pytest.raises(ValueError, match="Unknown interpolation: 'cubic'"):
        UpSampling2D("cubic")
