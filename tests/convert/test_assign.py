"""Every weight gets its tensor, or all faults are named and nothing changes."""

import keras
import numpy as np
import pytest

from keras_san import layers
from keras_san.convert import assign
from keras_san.convert.dialect import TORCH
from keras_san.convert.layouts import channels_last, spectral_vector

MAPPING = {
    "fc.kernel": ("fc.weight", "dense"),
    "fc.bias": "fc.bias",
    "conv.kernel": ("conv.weight", "convolution"),
    "conv.bias": "conv.bias",
    "up.kernel": ("up.weight", "transposed_convolution"),
    "up.bias": "up.bias",
    "bn.gamma": "bn.weight",
    "bn.beta": "bn.bias",
    "bn.moving_mean": "bn.running_mean",
    "bn.moving_variance": "bn.running_var",
}
SHAPES = {
    "fc.weight": (32, 3),
    "fc.bias": (32,),
    "conv.weight": (5, 2, 3, 1),
    "conv.bias": (5,),
    "up.weight": (5, 4, 2, 3),
    "up.bias": (4,),
    "bn.weight": (4,),
    "bn.bias": (4,),
    "bn.running_mean": (4,),
    "bn.running_var": (4,),
}


def network():
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(32, name="fc"),
            keras.layers.Reshape((4, 4, 2)),
            keras.layers.Conv2D(5, (3, 1), name="conv"),
            layers.Conv2DTranspose(4, (2, 3), name="up"),
            layers.BatchNormalization(name="bn"),
        ],
        name="mine",
    )


def tensors():
    random = np.random.RandomState(0)
    return {name: random.normal(size=shape).astype("float32") for name, shape in SHAPES.items()}


def values(model):
    return [keras.ops.convert_to_numpy(weight) for weight in model.weights]


def test_every_layout():
    model, given = network(), tensors()
    assign(model, given, MAPPING)
    found = {weight.path.split("/", 1)[-1]: weight for weight in model.weights}
    assert len(found) == len(SHAPES)
    convert = keras.ops.convert_to_numpy
    np.testing.assert_array_equal(convert(model.get_layer("fc").kernel), given["fc.weight"].T)
    kernel = convert(model.get_layer("conv").kernel)
    assert kernel[2, 0, 1, 4] == given["conv.weight"][4, 1, 2, 0]
    kernel = convert(model.get_layer("up").kernel)
    assert kernel[1, 2, 3, 4] == given["up.weight"][4, 3, 1, 2]
    np.testing.assert_array_equal(
        convert(model.get_layer("bn").moving_variance), given["bn.running_var"]
    )


def test_all_faults_are_named_at_once_and_nothing_changes():
    model, given, mapping = network(), tensors(), dict(MAPPING)
    before = values(model)
    del given["fc.bias"], mapping["up.bias"]
    given |= {"extra": np.ones(2), "conv.bias": np.ones(6), "steps": np.ones(())}
    given["bn.bias"] = np.full(4, np.nan)
    mapping["fc.gain"] = "fc.weight"
    with pytest.raises(ValueError) as failure:
        assign(model, given, mapping, ignore=[r"^steps$"])
    text = str(failure.value)
    assert "no tensor for" in text
    for part in (
        "network 'mine'",
        "missing fc.bias",
        "up/bias (4,)",
        "unknown extra (2,)",
        "unknown up.bias (4,)",
        "misshapen conv.bias (6,) for conv.bias (5,)",
        "not finite bn.bias (4,)",
        "the network has no weight fc.gain",
    ):
        assert part in text, part
    assert "steps" not in text
    for old, new in zip(before, values(model), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_kernel_of_the_wrong_rank_is_misshapen():
    with pytest.raises(ValueError, match=r"misshapen conv.weight \(7,\) for conv.kernel"):
        assign(network(), tensors() | {"conv.weight": np.ones(7)}, MAPPING)


def test_an_unknown_layout_lists_the_known():
    with pytest.raises(ValueError, match="'diagonal'.*'convolution'"):
        assign(network(), tensors(), MAPPING | {"fc.bias": ("fc.bias", "diagonal")})


def test_channels_last():
    maps = np.random.RandomState(0).normal(size=(2, 3, 4))
    np.testing.assert_array_equal(
        maps.ravel()[channels_last(2, 3, 4)].reshape(3, 4, 2), maps.transpose(1, 2, 0)
    )


@pytest.mark.parametrize("has_right", [True, False])
def test_the_vector_reproduces_the_norm_and_its_direction(has_right):
    random = np.random.RandomState(0)
    matrix, left = random.normal(size=(5, 7)), random.normal(size=5)
    left /= np.linalg.norm(left)
    right = left @ matrix + 0.3 * random.normal(size=7)
    right /= np.linalg.norm(right)
    half = left @ matrix / np.linalg.norm(left @ matrix)
    norm = left @ matrix @ right if has_right else np.linalg.norm(matrix @ half)
    vector = spectral_vector(matrix, left, right if has_right else None)
    layer = layers.SpectralNormalization(keras.layers.Dense(5, use_bias=False))
    layer.build((None, 7))
    layer.kernel.assign(matrix.T)
    layer.vector.assign(vector)
    kernel = keras.ops.convert_to_numpy(layer.normalized_kernel())
    np.testing.assert_allclose(kernel, matrix.T / norm, rtol=1e-4, atol=1e-6)
    # Training goes on from the direction of the stored vector.
    expected = matrix @ half / np.linalg.norm(matrix @ half)
    layer.normalized_kernel(training=True)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(layer.vector), expected, rtol=1e-4, atol=1e-6
    )


def test_a_negative_norm_turns_the_kernel():
    random = np.random.RandomState(0)
    kernel, left, right = random.normal(size=(5, 7)), random.normal(size=5), random.normal(size=7)
    if left @ kernel @ right > 0:
        left = -left
    layer = layers.SpectralNormalization(keras.layers.Dense(5, use_bias=False), name="dense")
    model = keras.Sequential([keras.Input((7,)), layer])
    parts = {"fc.weight_orig": kernel, "fc.weight_u": left, "fc.weight_v": right}
    assign(model, parts, TORCH.dense("dense", "fc", use_bias=False))
    found = keras.ops.convert_to_numpy(layer.normalized_kernel())
    np.testing.assert_allclose(found, kernel.T / (left @ kernel @ right), rtol=1e-4, atol=1e-5)


def test_the_row_of_a_projection_needs_vectors_of_its_own():
    head = layers.Projection(3, spectral_normalization=True)
    model = keras.Model(
        inputs := [keras.Input((4,)), keras.Input((), dtype="int32")], head(inputs), name="net"
    )
    model.head = head
    row, rows = np.array([[3.0, 0.0, 4.0, 0.0]]), np.eye(3, 4)
    parts = {"l.weight_orig": row, "l.weight_u": np.ones(1), "l.bias": np.zeros(1)}
    parts |= {"e.weight_orig": rows, "e.weight_u": rows[0, :3], "e.weight_v": rows[0]}
    mapping = TORCH.head("l", "e")
    assign(model, parts | {"l.weight_v": row[0] / 5}, mapping)
    with pytest.raises(ValueError, match=r"unusable l.weight_orig.*0\.60 of the norm"):
        assign(model, parts | {"l.weight_v": np.eye(4)[0]}, mapping)
