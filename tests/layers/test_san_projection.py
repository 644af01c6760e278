"""The class-conditional SAN head, with and without a shared direction."""

import keras
import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san.layers import Projection, SANProjection

CLASSES, FEATURES, BATCH = 3, 4, 5
LABELS = np.array([2, 0, 2, 1, 0], "int32")


@pytest.fixture(params=[False, True], ids=["own", "shared"])
def head(request):
    head = SANProjection(CLASSES, shared=request.param)
    head.build([(None, FEATURES), (None,)])
    random = np.random.default_rng(1)
    for weight in head.weights:
        weight.assign(random.normal(size=weight.shape))
    return head


@pytest.fixture
def x():
    return np.random.default_rng(2).normal(size=(BATCH, FEATURES)).astype("float32")


@pytest.fixture
def cotangent():
    return np.random.default_rng(3).normal(size=(BATCH, 1)).astype("float32")


def parts(head):
    """n, o and s of every class."""
    rows, scale = (np.asarray(ops.convert_to_numpy(weight)) for weight in head.weights)
    rows = rows[:1] + rows[1:] if head.shared else rows
    norm = np.linalg.norm(rows, axis=1, keepdims=True)
    return norm, rows / norm, scale


def test_value(head, x):
    _, direction, scale = parts(head)
    expected = scale[LABELS] * (direction[LABELS] * x).sum(1, keepdims=True)
    close(ops.convert_to_numpy(head([x, LABELS])), expected)
    close(ops.convert_to_numpy(head([x, LABELS[:, None]])), expected)
    for output in head([x, LABELS], direction_pair=True):
        close(ops.convert_to_numpy(output), expected)
    close(ops.convert_to_numpy(head.class_directions()), direction)


def test_gradient_of_fun(head, x, cotangent):
    _, direction, scale = parts(head)

    def total(x):
        fun, _ = head([x, LABELS], direction_pair=True)
        return ops.sum(ops.multiply(fun, cotangent))

    rows, by_scale, inputs = gradients(total, head.weights, [x])
    close(inputs, cotangent * (scale * direction)[LABELS])
    inner = cotangent * (direction[LABELS] * x).sum(1, keepdims=True)
    close(by_scale, np.eye(CLASSES)[LABELS].T @ inner)
    assert not rows.any()


def test_gradient_of_direction(head, x, cotangent):
    norm, direction, scale = parts(head)

    def total(x):
        _, direction = head([x, LABELS], direction_pair=True)
        return ops.sum(ops.multiply(direction, cotangent))

    rows, by_scale, inputs = gradients(total, head.weights, [x])
    mixed = np.eye(CLASSES)[LABELS].T @ (cotangent * x)
    expected = scale / norm * (mixed - direction * (direction * mixed).sum(1, keepdims=True))
    if head.shared:
        expected = np.concatenate([expected.sum(0, keepdims=True), expected])
    close(rows, expected)
    assert not (by_scale.any() or inputs.any())


def test_starts_as_a_row_a_class_over_the_root_of_the_features(x):
    initializer = keras.initializers.RandomNormal(stddev=1.0, seed=7)
    head = SANProjection(CLASSES, embeddings_initializer=initializer)
    rows = ops.convert_to_numpy(initializer((CLASSES, FEATURES)))
    expected = (rows[LABELS] * x).sum(1, keepdims=True) / np.sqrt(FEATURES)
    close(ops.convert_to_numpy(head([x, LABELS])), expected)
    norms = np.linalg.norm(ops.convert_to_numpy(head.embeddings), axis=1)
    close(norms, np.ones(CLASSES), 1e-6)


def test_shared_starts_as_the_projection_discriminator(x):
    initializer = keras.initializers.RandomNormal(stddev=0.5, seed=7)
    head = SANProjection(CLASSES, shared=True, embeddings_initializer=initializer)
    plain = Projection(CLASSES, use_bias=False)
    plain([x, LABELS])
    rows = ops.convert_to_numpy(initializer((CLASSES + 1, FEATURES)))
    plain.kernel.assign(rows[:1].T)
    plain.embeddings.assign(rows[1:])
    close(ops.convert_to_numpy(head([x, LABELS])), ops.convert_to_numpy(plain([x, LABELS])), 1e-6)
    close(
        ops.convert_to_numpy(head.class_directions()),
        ops.convert_to_numpy(plain.class_directions()),
        1e-6,
    )


def test_defaults_start_near_one():
    features = 256
    for shared in (False, True):
        head = SANProjection(20, shared=shared)
        head.build([(None, features), (None,)])
        scale = ops.convert_to_numpy(head.scale)
        assert 0.5 < scale.min() and scale.max() < 2.0


@pytest.mark.parametrize("num_classes", [0, -2, 2.0, None])
@pytest.mark.parametrize("layer", [Projection, SANProjection])
def test_refuses_num_classes(layer, num_classes):
    with pytest.raises(ValueError, match="`num_classes` must be a positive integer"):
        layer(num_classes)
