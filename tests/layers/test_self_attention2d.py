"""Self-attention against a loop in NumPy."""

import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san.layers import SelfAttention2D

X = np.random.default_rng(1).normal(size=(2, 4, 6, 16)).astype("float32")


def numpy_of(tensor):
    return np.array(ops.convert_to_numpy(tensor))


def pooled(maps):
    batch, height, width, channels = maps.shape
    blocks = maps.reshape(batch, height // 2, 2, width // 2, 2, channels)
    return blocks.max((2, 4)).reshape(batch, -1, channels)


def expected(layer, x):
    query, key, value, output = (
        numpy_of(convolution.kernel)[0, 0]
        for convolution in (layer.query, layer.key, layer.value, layer.output_projection)
    )
    keys, values = pooled(x @ key), pooled(x @ value)
    result = x.copy()
    for sample in range(len(x)):
        for row, column in np.ndindex(x.shape[1:3]):
            scores = keys[sample] @ (x[sample, row, column] @ query)
            weights = np.exp(scores - scores.max())
            attended = (weights / weights.sum()) @ values[sample]
            result[sample, row, column] += float(numpy_of(layer.gate)) * (attended @ output)
    return result


def make():
    layer = SelfAttention2D(spectral_normalization=False)
    layer(X)
    return layer


def test_against_numpy():
    layer = make()
    layer.gate.assign(0.7)
    assert [tuple(weight.shape) for weight in layer.weights if len(weight.shape)] == [
        (1, 1, 16, 2),
        (1, 1, 16, 2),
        (1, 1, 16, 8),
        (1, 1, 8, 16),
    ]
    close(numpy_of(layer(X)), expected(layer, X))


def test_a_new_layer_changes_nothing_and_its_gate_learns():
    layer = make()
    np.testing.assert_array_equal(numpy_of(layer(X)), X)
    variables = [layer.gate, layer.query.kernel]
    by_gate, by_query = gradients(lambda: ops.sum(ops.square(layer(X))), variables)
    assert np.abs(by_gate) > 1e-3
    assert not by_query.any()


@pytest.mark.parametrize("channels", [1, 4])
def test_few_channels(channels):
    layer = SelfAttention2D()
    layer.build((None, 4, 4, channels))
    assert layer.query.kernel.shape[-1] == 1
    assert layer(X[:, :4, :4, :channels]).shape == (2, 4, 4, channels)


def test_all_convolutions_are_spectrally_normalised():
    layer = SelfAttention2D()
    layer(X)
    layer.gate.assign(0.5)
    before = numpy_of(layer(X))
    for weight in layer.trainable_weights:
        if len(weight.shape):
            weight.assign(weight * 3.0)
    close(numpy_of(layer(X)), before, 1e-4)
