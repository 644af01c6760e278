"""Gain and bias by class or by vector, against NumPy; the "one more" of the gain."""

import keras
import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san.layers import (
    BatchNormalization,
    ClassBatchNormalization,
    ConditionalBatchNormalization,
)

RANDOM = np.random.default_rng(1)
MAPS = (2.0 * RANDOM.normal(size=(3, 4, 5, 2)) + 1.0).astype("float32")
LABELS = np.array([2, 0, 2], "int32")
VECTORS = RANDOM.normal(size=(3, 4)).astype("float32")
EPSILON, MOMENTUM = 0.01, 0.8


def numpy_of(tensor):
    return np.array(ops.convert_to_numpy(tensor))


def make(kind, condition, *arguments, **kwargs):
    layer = kind(*arguments, epsilon=EPSILON, momentum=MOMENTUM, **kwargs)
    layer([MAPS, condition])
    for weight in layer.weights:
        weight.assign(RANDOM.uniform(0.5, 2.0, size=weight.shape))
    return layer


def normalized(mean, variance):
    return (MAPS - mean) / np.sqrt(variance + EPSILON)


def modulation(layer, condition):
    """Gain and bias of the formula."""
    if isinstance(layer, ClassBatchNormalization):
        return numpy_of(layer.gain)[condition], numpy_of(layer.bias)[condition]
    return tuple(
        one + condition @ numpy_of(dense.kernel)
        for one, dense in ((1.0, layer.gain), (0.0, layer.bias))
    )


CASES = [(ClassBatchNormalization, LABELS, (3,)), (ConditionalBatchNormalization, VECTORS, ())]


@pytest.mark.parametrize(("kind", "condition", "arguments"), CASES)
@pytest.mark.parametrize("training", [True, False])
def test_against_numpy(kind, condition, arguments, training):
    layer = make(kind, condition, *arguments)
    moving = [numpy_of(layer.moving_mean), numpy_of(layer.moving_variance)]
    batch = [MAPS.mean((0, 1, 2)), MAPS.var((0, 1, 2))]
    gain, bias = (rows[:, None, None, :] for rows in modulation(layer, condition))
    expected = gain * normalized(*(batch if training else moving)) + bias
    close(numpy_of(layer([MAPS, condition], training=training)), expected)
    for variable, old, new in zip(
        (layer.moving_mean, layer.moving_variance), moving, batch, strict=True
    ):
        kept = MOMENTUM * old + (1.0 - MOMENTUM) * new if training else old
        close(numpy_of(variable), kept)


@pytest.mark.parametrize(("kind", "condition", "arguments"), CASES)
def test_a_frozen_layer_uses_and_keeps_its_statistics(kind, condition, arguments):
    layer = make(kind, condition, *arguments)
    layer.trainable = False
    before = numpy_of(layer.moving_mean)
    expected = numpy_of(layer([MAPS, condition], training=False))
    close(numpy_of(layer([MAPS, condition], training=True)), expected)
    np.testing.assert_array_equal(numpy_of(layer.moving_mean), before)


@pytest.mark.parametrize(("kind", "condition", "arguments"), CASES)
def test_gradients_of_gain_and_bias(kind, condition, arguments):
    layer = make(kind, condition, *arguments)
    cotangent = RANDOM.normal(size=MAPS.shape).astype("float32")

    def score():
        return ops.sum(layer([MAPS, condition], training=True) * ops.convert_to_tensor(cotangent))

    by_gain, by_bias = gradients(score, layer.trainable_variables)
    x = normalized(MAPS.mean((0, 1, 2)), MAPS.var((0, 1, 2)))
    rows = (cotangent * x).sum((1, 2)), cotangent.sum((1, 2))
    spread = np.eye(3)[condition] if kind is ClassBatchNormalization else condition
    close(by_gain, spread.T @ rows[0], 1e-4)
    close(by_bias, spread.T @ rows[1], 1e-4)


def test_a_zero_condition_leaves_the_normalised_maps():
    """Without the "one more" of the gain this would be zero."""
    layer = ConditionalBatchNormalization(epsilon=EPSILON)
    plain = BatchNormalization(epsilon=EPSILON)
    outputs = layer([MAPS, np.zeros((3, 4), "float32")], training=True)
    close(numpy_of(outputs), numpy_of(plain(MAPS, training=True)))


def test_spectral_normalization_of_the_dense_layers():
    layer = make(ConditionalBatchNormalization, VECTORS, spectral_normalization=True)
    for _ in range(30):
        layer([MAPS, VECTORS], training=True)
    gain, bias = (
        VECTORS @ (numpy_of(dense.kernel) / np.linalg.norm(numpy_of(dense.kernel), 2))
        for dense in (layer.gain, layer.bias)
    )
    x = normalized(numpy_of(layer.moving_mean), numpy_of(layer.moving_variance))
    expected = (1.0 + gain)[:, None, None] * x + bias[:, None, None]
    close(numpy_of(layer([MAPS, VECTORS], training=False)), expected, 1e-4)


def test_a_new_class_table_changes_nothing():
    labelled = ClassBatchNormalization(3)([MAPS, LABELS], training=True)
    close(numpy_of(labelled), numpy_of(BatchNormalization()(MAPS, training=True)))


@pytest.mark.parametrize("num_classes", [0, -1, 2.0])
def test_refuses_other_numbers_of_classes(num_classes):
    with pytest.raises(ValueError, match="Received: num_classes="):
        ClassBatchNormalization(num_classes)


@pytest.mark.parametrize("kind", [BatchNormalization, ConditionalBatchNormalization])
def test_the_argument_of_keras_is_kept(kind):
    layer = kind(synchronized=True)
    assert layer.get_config()["synchronized"] is True
    assert kind.from_config(layer.get_config()).get_config()["synchronized"] is True
    assert kind().get_config()["synchronized"] is False


def test_half_precision_normalizes_in_full():
    keras.config.set_dtype_policy("mixed_float16")
    layer = make(ConditionalBatchNormalization, VECTORS)
    assert layer.moving_mean.dtype == "float32"
    far = MAPS + 300.0
    layer.moving_mean.assign(far.mean((0, 1, 2)))
    layer.moving_variance.assign(far.var((0, 1, 2)))
    gain, bias = (rows[:, None, None, :] for rows in modulation(layer, VECTORS))
    x = far.astype("float16").astype("float32") - far.mean((0, 1, 2))
    expected = gain * x / np.sqrt(far.var((0, 1, 2)) + EPSILON) + bias
    outputs = ops.cast(layer([far, VECTORS], training=False), "float32")
    close(numpy_of(outputs), expected, 0.01)
