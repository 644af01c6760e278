"""Decays of the averaged generator: half-life in images, or a decay a step from a step on."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_san.layers import SpectralNormalization
from keras_san.models import MovingAverage


def decay(average, batch_size, images_seen):
    return float(ops.convert_to_numpy(average.decay(batch_size, images_seen)))


def test_half_life_and_ramp_up():
    average = MovingAverage(1000.0, ramp_up=0.05)
    assert decay(average, 100, 40_000) == pytest.approx(0.5**0.1)
    assert decay(average, 100, 4000) == pytest.approx(0.5**0.5)
    assert decay(MovingAverage(1000.0, ramp_up=None), 100, 0) == pytest.approx(0.5**0.1)
    assert decay(MovingAverage(0.0), 100, 4000) == 0.0


def test_fixed_decay_from_a_step_on():
    average = MovingAverage(fixed_decay=0.999, start=3)
    assert [decay(average, 50, 50 * step) for step in range(5)] == pytest.approx(
        [0.0, 0.0, 0.0, 0.999, 0.999]
    )
    late = MovingAverage(1000.0, ramp_up=None, start=2)
    assert decay(late, 100, 100) == 0.0
    assert decay(late, 100, 200) == pytest.approx(0.5**0.1)


def network():
    inputs = keras.Input((3,))
    hidden = keras.layers.BatchNormalization()(SpectralNormalization(keras.layers.Dense(4))(inputs))
    frozen = keras.layers.Dense(2, trainable=False)
    return keras.Model(
        inputs, frozen(keras.Sequential([keras.layers.BatchNormalization()])(hidden))
    )


def test_statistics_are_averaged_and_other_buffers_copied():
    average, model = network(), network()
    random = np.random.default_rng(0)
    for weight in [*average.weights, *model.weights]:
        weight.assign(random.random(weight.shape))
    before = average.get_weights()
    MovingAverage().update(average, model, decay=0.75)
    copied = []
    for old, weight, new in zip(before, model.weights, average.get_weights(), strict=True):
        target = ops.convert_to_numpy(weight)
        if np.array_equal(new, target):
            copied.append(weight.name)
        else:
            np.testing.assert_allclose(new, 0.75 * old + 0.25 * target, rtol=1e-5)
    # What does not train and is no statistic: the vector, and the layer that is held still.
    assert len(copied) == 3 and not any("moving" in name for name in copied)


def test_config():
    average = MovingAverage(3.0, ramp_up=None, fixed_decay=0.5, start=7)
    serialized = keras.saving.serialize_keras_object(average)
    copy = keras.saving.deserialize_keras_object(serialized)
    assert vars(copy) == vars(average) == average.get_config()


@pytest.mark.parametrize(
    "arguments", [{"half_life": -1.0}, {"ramp_up": 0.0}, {"fixed_decay": 1.0}, {"start": -1}]
)
def test_refusals(arguments):
    with pytest.raises(ValueError, match="Received"):
        MovingAverage(**arguments)
