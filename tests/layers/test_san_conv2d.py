"""The convolutional SAN head against the closed forms, through patches made in NumPy."""

import keras
import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san.layers import SANConv2D

CHANNELS, FILTERS = 2, 3
FORMS = [(padding, strides) for padding in ("valid", "same") for strides in (1, 2)]


def patches(images, kernel_size, strides, padding):
    """What lies under the kernel at each position: (batch, rows, columns, *kernel, channels)."""
    if padding == "same":
        widths = [(0, 0)]
        for size in images.shape[1:3]:
            total = max((-(-size // strides) - 1) * strides + kernel_size - size, 0)
            widths.append((total // 2, total - total // 2))
        images = np.pad(images, [*widths, (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(images, (kernel_size,) * 2, axis=(1, 2))
    return np.moveaxis(windows[:, ::strides, ::strides], 3, -1)


@pytest.fixture(params=FORMS, ids=str)
def head(request):
    padding, strides = request.param
    head = SANConv2D(FILTERS, 3, strides=strides, padding=padding)
    head.build((None, 6, 5, CHANNELS))
    random = np.random.default_rng(1)
    for weight in head.weights:
        weight.assign(random.normal(size=weight.shape))
    return head


@pytest.fixture
def x():
    return np.random.default_rng(2).normal(size=(2, 6, 5, CHANNELS)).astype("float32")


def parts(head, x):
    """n, o (flat), s, and the patches of x' (flat)."""
    kernel, scale, bias = (np.asarray(ops.convert_to_numpy(w)) for w in head.weights)
    flat = kernel.reshape(-1, FILTERS)
    norm = np.linalg.norm(flat, axis=0)
    windows = patches(x + bias, 3, head.strides[0], head.padding)
    return norm, flat / norm, scale, windows.reshape(*windows.shape[:3], -1)


def test_value(head, x):
    _, direction, scale, windows = parts(head, x)
    expected = scale * (windows @ direction)
    assert tuple(head.compute_output_shape(x.shape)) == expected.shape
    close(ops.convert_to_numpy(head(x)), expected)
    for output in head(x, direction_pair=True):
        close(ops.convert_to_numpy(output), expected)


def test_gradient_of_fun(head, x):
    _, direction, scale, windows = parts(head, x)
    cotangent = np.random.default_rng(3).normal(size=windows.shape[:3] + (FILTERS,))
    cotangent = cotangent.astype("float32")

    def total(x):
        fun, _ = head(x, direction_pair=True)
        return ops.sum(ops.multiply(fun, cotangent))

    kernel, by_scale, bias, inputs = gradients(total, head.weights, [x])
    assert not kernel.any()
    close(by_scale, (cotangent * (windows @ direction)).sum((0, 1, 2)))
    # The value is linear in x: its derivative along any change is the change of the value.
    change = np.random.default_rng(4).normal(size=x.shape).astype("float32")
    moved = patches(change, 3, head.strides[0], head.padding).reshape(*windows.shape)
    close((inputs * change).sum(), (cotangent * scale * (moved @ direction)).sum())
    close(bias, inputs.sum((0, 1, 2)))


def test_gradient_of_direction(head, x):
    norm, direction, scale, windows = parts(head, x)
    cotangent = np.random.default_rng(3).normal(size=windows.shape[:3] + (FILTERS,))
    cotangent = cotangent.astype("float32")

    def total(x):
        _, direction = head(x, direction_pair=True)
        return ops.sum(ops.multiply(direction, cotangent))

    kernel, by_scale, bias, inputs = gradients(total, head.weights, [x])
    mixed = np.einsum("nijk,nijf->kf", windows, cotangent)
    expected = (scale / norm) * (mixed - direction * (direction * mixed).sum(0))
    close(kernel, expected.reshape(kernel.shape))
    assert not (by_scale.any() or bias.any() or inputs.any())


@pytest.mark.parametrize(("padding", "strides"), FORMS)
def test_new_head_equals_conv2d(padding, strides, x):
    initializer = keras.initializers.GlorotUniform(seed=7)
    arguments = {"strides": strides, "padding": padding, "kernel_initializer": initializer}
    plain = keras.layers.Conv2D(FILTERS, 3, **arguments)
    head = SANConv2D(FILTERS, 3, **arguments)
    close(ops.convert_to_numpy(head(x)), ops.convert_to_numpy(plain(x)), 1e-6)
    norms = np.linalg.norm(ops.convert_to_numpy(head.kernel).reshape(-1, FILTERS), axis=0)
    close(norms, np.ones(FILTERS), 1e-6)


def test_pairs_of_sizes(x):
    head = SANConv2D(1, (2, 3), strides=(1, 2))
    plain = keras.layers.Conv2D(1, (2, 3), strides=(1, 2))
    assert head(x).shape == plain(x).shape == (2, 5, 2, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 0, "kernel_size": 3}, "`filters` must be a positive integer"),
        ({"filters": 1, "kernel_size": 3, "padding": "causal"}, "`padding` must be"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        SANConv2D(**arguments)
