"""What the benchmark of the architectures counts, and the blocks that it compares."""

import pathlib

import keras
import numpy as np
import pytest

from keras_san.layers import SelfAttention2D, SpectralNormalization

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def repository_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))


def test_operations_by_hand():
    from benchmarks.flops import forward_flops

    x = keras.Input((8, 8, 4))
    y = SpectralNormalization(keras.layers.Conv2D(8, 3, strides=2, padding="same"))(x)
    y = SelfAttention2D()(y)
    y = keras.layers.Conv2DTranspose(2, 4, strides=2, padding="same")(y)
    network = keras.Model(x, keras.layers.Dense(5)(keras.layers.Flatten()(y)))
    convolution = 4 * 4 * 3 * 3 * 4 * 8
    projections = 4 * 4 * (8 + 8 + 8 * 4 + 4 * 8)
    attention = 16 * 4 * (1 + 4)
    transposed = 4 * 4 * 4 * 4 * 8 * 2
    dense = 8 * 8 * 2 * 5
    expected = convolution + projections + attention + transposed + dense
    assert forward_flops(network, np.zeros((1, 8, 8, 4), "float32")) == 2 * expected
    # Counting leaves the layers as they were.
    assert all("call" not in vars(layer) for layer in network._flatten_layers())


def test_operations_of_a_training_step():
    from benchmarks.flops import training_flops

    assert training_flops(1.0, 10.0, 1) == 1 + 60 + 3 + 20
    assert training_flops(1.0, 10.0, 5) == 1 + 60 + (3 + 20) / 5


@pytest.mark.parametrize("name", ["sngan", "biggan_deep"])
def test_the_plain_block_has_the_shape_of_ours(name):
    pytest.importorskip("torch", reason="the plain blocks are PyTorch's")
    from types import SimpleNamespace

    from benchmarks.architectures import BLOCKS

    block, module, inputs = BLOCKS[name](SimpleNamespace(width=2, batch_size=2))
    outputs = block(inputs if len(inputs) > 1 else inputs[0])
    assert outputs.shape == (2, 16, 16, inputs[0].shape[-1])
    ours = sum(int(np.prod(weight.shape)) for weight in block.trainable_weights)
    assert ours == sum(parameter.numel() for parameter in module.parameters())
