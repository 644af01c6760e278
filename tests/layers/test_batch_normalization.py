"""The fused batch normalisation equals Keras's own: values, statistics, both derivatives."""

import keras
import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san import backend
from keras_san.layers import BatchNormalization

SHAPE = (3, 4, 5, 2)


@pytest.fixture
def x():
    return (3.0 * np.random.default_rng(1).normal(size=SHAPE) + 2.0).astype("float32")


def pair(x, **kwargs):
    """Our layer and Keras's, with the same weights."""
    random = np.random.default_rng(2)
    both = [kind(momentum=0.8, epsilon=0.01, **kwargs) for kind in KINDS]
    for layer in both:
        layer.build(x.shape)
    for one, other in zip(both[0].weights, both[1].weights, strict=True):
        value = random.uniform(0.5, 2.0, size=one.shape)
        one.assign(value)
        other.assign(value)
    return both


KINDS = (BatchNormalization, keras.layers.BatchNormalization)


def numpy_of(tensor):
    return np.array(ops.convert_to_numpy(ops.cast(tensor, "float32")))


@pytest.mark.parametrize(
    "kwargs", [{}, {"center": False}, {"scale": False}, {"trainable": False}], ids=str
)
@pytest.mark.parametrize("training", [True, False])
def test_values_and_statistics(x, training, kwargs):
    ours, plain = pair(x, **kwargs)
    for _ in range(2):
        close(numpy_of(ours(x, training=training)), numpy_of(plain(x, training=training)))
    assert len(ours.weights) == len(plain.weights)
    for one, other in zip(ours.weights, plain.weights, strict=True):
        close(numpy_of(one), numpy_of(other))


def test_statistics_against_numpy(x):
    ours, _ = pair(x)
    before = [numpy_of(weight) for weight in (ours.moving_mean, ours.moving_variance)]
    ours(x, training=True)
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    close(numpy_of(ours.moving_mean), 0.8 * before[0] + 0.2 * mean)
    close(numpy_of(ours.moving_variance), 0.8 * before[1] + 0.2 * variance)


def test_gradients_of_both_orders(x):
    cotangent = np.random.default_rng(3).normal(size=SHAPE).astype("float32")

    def results(layer):
        def total(x):
            def score(x):
                outputs = ops.tanh(layer(x, training=True))
                return ops.sum(ops.multiply(outputs, cotangent))

            return ops.sum(ops.square(backend.input_gradient(score, x))) + score(x)

        return gradients(total, layer.trainable_variables, [x])

    ours, plain = pair(x)
    for one, other in zip(results(ours), results(plain), strict=True):
        assert np.abs(other).max() > 1e-3
        close(one, other, 1e-4)


def test_single_value_a_channel():
    x = np.ones((1, 1, 1, 2), "float32")
    ours, plain = pair(x)
    close(numpy_of(ours(x, training=True)), numpy_of(plain(x, training=True)))
    close(numpy_of(ours.moving_variance), numpy_of(plain.moving_variance))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(x, policy):
    keras.config.set_dtype_policy(policy)
    ours, plain = pair(x)
    outputs = [layer(x, training=True) for layer in (ours, plain)]
    assert outputs[0].dtype == outputs[1].dtype
    close(numpy_of(outputs[0]), numpy_of(outputs[1]), 0.01)
    for one, other in zip(ours.weights, plain.weights, strict=True):
        assert one.dtype == "float32"
        close(numpy_of(one), numpy_of(other), 0.01)


@pytest.mark.parametrize("shape", [(6, 3), (6, 4, 3)])
def test_other_ranks_are_left_to_keras(shape):
    x = np.random.default_rng(1).normal(size=shape).astype("float32")
    ours, plain = pair(x)
    close(numpy_of(ours(x, training=True)), numpy_of(plain(x, training=True)))
    for one, other in zip(ours.weights, plain.weights, strict=True):
        close(numpy_of(one), numpy_of(other))
