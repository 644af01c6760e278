"""Sum pooling and the projection head of the ordinary GAN, against NumPy."""

import numpy as np
import pytest
from gradients import close
from keras import ops

from keras_san.layers import GlobalSumPooling2D, Projection

LABELS = np.array([2, 0, 2], "int32")


def test_global_sum_pooling():
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 5)).astype("float32")
    close(ops.convert_to_numpy(GlobalSumPooling2D()(x)), x.sum((1, 2)))


@pytest.mark.parametrize(("shared", "use_bias"), [(True, True), (True, False), (False, True)])
def test_projection(shared, use_bias):
    x = np.random.default_rng(1).normal(size=(3, 4)).astype("float32")
    head = Projection(3, shared=shared, use_bias=use_bias)
    head([x, LABELS])
    random = np.random.default_rng(2)
    for weight in head.weights:
        weight.assign(random.normal(size=weight.shape))
    rows = ops.convert_to_numpy(head.embeddings)
    expected = (x * rows[LABELS]).sum(1, keepdims=True)
    if shared:
        kernel = ops.convert_to_numpy(head.kernel)
        expected = expected + x @ kernel
        rows = rows + kernel.T
    if shared and use_bias:
        expected = expected + ops.convert_to_numpy(head.bias)
    for labels in (LABELS, LABELS[:, None]):
        close(ops.convert_to_numpy(head([x, labels])), expected)
    directions = ops.convert_to_numpy(head.class_directions())
    close(directions, rows / np.linalg.norm(rows, axis=1, keepdims=True))
    assert len(head.weights) == 1 + shared + (shared and use_bias)


@pytest.mark.parametrize("shared", [True, False])
def test_projection_with_spectral_normalization(shared):
    """Rows over the largest singular value of their table, the kernel over its norm."""
    random = np.random.default_rng(1)
    x = random.normal(size=(3, 4)).astype("float32")
    head = Projection(3, shared=shared, use_bias=False, spectral_normalization=True)
    head([x, LABELS])
    rows = random.normal(size=(3, 4))
    head.embeddings.assign(rows)
    before = ops.convert_to_numpy(head.vector).copy()
    head([x, LABELS], training=False)
    np.testing.assert_array_equal(ops.convert_to_numpy(head.vector), before)
    for _ in range(40):
        head([x, LABELS], training=True)
    expected = (x * (rows / np.linalg.norm(rows, 2))[LABELS]).sum(1, keepdims=True)
    if shared:
        kernel = ops.convert_to_numpy(head.kernel)
        expected = expected + x @ (kernel / np.linalg.norm(kernel))
    close(ops.convert_to_numpy(head([x, LABELS])), expected, 1e-4)
    assert [weight.name for weight in head.non_trainable_weights] == ["vector"]
