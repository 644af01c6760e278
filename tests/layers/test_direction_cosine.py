"""The cosine of direction optimality, against NumPy."""

import keras
import numpy as np
import pytest
from gradients import close
from keras import ops

from keras_san.layers import (
    Projection,
    SANConv2D,
    SANDense,
    SANProjection,
    SpectralNormalization,
    direction_cosine,
)


def pair(*shape):
    random = np.random.default_rng(4)
    real, fake = random.normal(size=(2, 6, *shape)).astype("float32")
    return real + 0.5, fake


def cosine(a, b):
    return (a * b).sum() / (np.linalg.norm(a) * np.linalg.norm(b))


def numpy_patches(features, head):
    """Every patch under the kernel, a row each."""
    (rows, columns), (row_step, column_step) = head.kernel_size, head.strides
    if head.padding == "same":
        widths = [(0, 0)]
        for size, kernel, step in zip(
            features.shape[1:3], head.kernel_size, head.strides, strict=True
        ):
            total = max((-(-size // step) - 1) * step + kernel - size, 0)
            widths.append((total // 2, total - total // 2))
        features = np.pad(features, [*widths, (0, 0)])
    return np.stack(
        [
            image[i : i + rows, j : j + columns].reshape(-1)
            for image in features
            for i in range(0, features.shape[1] - rows + 1, row_step)
            for j in range(0, features.shape[2] - columns + 1, column_step)
        ]
    )


@pytest.mark.parametrize("layer", [SANDense, keras.layers.Dense])
@pytest.mark.parametrize("units", [1, 3])
def test_dense(layer, units):
    real, fake = pair(5)
    head = layer(units)
    head(real)
    head.kernel.assign(np.random.default_rng(5).normal(size=(5, units)) * 3.0)
    kernel = ops.convert_to_numpy(head.kernel)
    difference = real.mean(0) - fake.mean(0)
    expected = np.mean([cosine(kernel[:, unit], difference) for unit in range(units)])
    close(ops.convert_to_numpy(direction_cosine(head, real, fake)), expected)


def test_is_one_at_the_optimum_and_minus_one_opposite():
    real, fake = pair(5)
    head = SANDense(1)
    head(real)
    head.kernel.assign((real.mean(0) - fake.mean(0))[:, None])
    close(ops.convert_to_numpy(direction_cosine(head, real, fake)), 1.0, 1e-6)
    close(ops.convert_to_numpy(direction_cosine(head, fake, real)), -1.0, 1e-6)


@pytest.mark.parametrize("layer", [SANConv2D, keras.layers.Conv2D])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2])
def test_conv2d(layer, padding, strides):
    real, fake = pair(6, 5, 2)
    head = layer(2, (3, 2), strides=strides, padding=padding)
    assert head(real).shape[1:3] == head.compute_output_shape(real.shape)[1:3]
    difference = numpy_patches(real, head).mean(0) - numpy_patches(fake, head).mean(0)
    kernel = ops.convert_to_numpy(head.kernel).reshape(-1, 2)
    expected = np.mean([cosine(kernel[:, unit], difference) for unit in range(2)])
    close(ops.convert_to_numpy(direction_cosine(head, real, fake)), expected)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("layer", [SANProjection, Projection])
def test_projection(layer, shared):
    real, fake = pair(5)
    labels = np.array([2, 0, 0, 2, 2, 0], "int32")  # Nobody is of class 1.
    head = layer(3, shared=shared)
    head([real, labels])
    directions = ops.convert_to_numpy(head.class_directions())
    close(np.linalg.norm(directions, axis=1), np.ones(3), 1e-6)
    differences = np.stack([(real - fake)[labels == k].sum(0) for k in range(3)])
    lengths = np.linalg.norm(differences, axis=1)
    expected = (directions * differences).sum() / lengths.sum()
    close(ops.convert_to_numpy(direction_cosine(head, real, fake, labels)), expected)


def test_of_equal_features_is_finite():
    real, _ = pair(5)
    head = SANDense(1)
    head(real)
    assert ops.convert_to_numpy(direction_cosine(head, real, real)) == 0.0


def test_takes_half_precision_features():
    real, fake = pair(5)
    head = SANDense(1)
    expected = ops.convert_to_numpy(direction_cosine_of(head, real, fake))
    half = [ops.cast(features, "bfloat16") for features in (real, fake)]
    found = direction_cosine_of(head, *half)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    close(ops.convert_to_numpy(found), expected, 0.02)


def direction_cosine_of(head, real, fake):
    head(real)
    return direction_cosine(head, real, fake)


def test_spectral_normalization_of_the_head_changes_no_direction():
    real, fake = pair(5)
    head = SpectralNormalization(keras.layers.Dense(1))
    head(real)
    expected = ops.convert_to_numpy(direction_cosine(head.layer, real, fake))
    close(ops.convert_to_numpy(direction_cosine(head, real, fake)), expected, 1e-6)
