"""The residual blocks against their formulas in NumPy."""

import keras
import numpy as np
import pytest
from gradients import close
from keras import ops

from keras_san.layers import (
    BatchNormalization,
    ClassBatchNormalization,
    ConditionalBatchNormalization,
    DeepDiscriminatorBlock,
    DeepGeneratorBlock,
    DiscriminatorBlock,
    GeneratorBlock,
    SpectralNormalization,
)

RANDOM = np.random.default_rng(1)
X = RANDOM.normal(size=(2, 4, 4, 8)).astype("float32")


def numpy_of(tensor):
    return np.array(ops.convert_to_numpy(tensor))


def built(block, inputs=X):
    block(inputs)
    for weight in block.weights:
        weight.assign(RANDOM.uniform(0.5, 1.5, size=weight.shape) - ("kernel" in weight.path))
    return block


def conv(layer, x):
    kernel, bias = numpy_of(layer.kernel), numpy_of(layer.bias)
    size = kernel.shape[0]
    padded = np.pad(x, [(0, 0), (size // 2,) * 2, (size // 2,) * 2, (0, 0)])
    height, width = x.shape[1:3]
    shifts = (
        padded[:, row : row + height, column : column + width] @ kernel[row, column]
        for row, column in np.ndindex(size, size)
    )
    return sum(shifts) + bias


def norm(layer, x):
    x = (x - numpy_of(layer.moving_mean)) / np.sqrt(numpy_of(layer.moving_variance) + layer.epsilon)
    return x * numpy_of(layer.gamma) + numpy_of(layer.beta)


def relu(x):
    return np.maximum(x, 0.0)


def up(x):
    return x.repeat(2, axis=1).repeat(2, axis=2)


def down(x):
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).mean((2, 4))


def same(x):
    return x


@pytest.mark.parametrize("upsample", [True, False])
def test_generator_block(upsample):
    block = built(GeneratorBlock(4, BatchNormalization(), upsample=upsample))
    resize = up if upsample else same
    x = conv(block.convolution1, resize(relu(norm(block.normalization1, X))))
    x = conv(block.convolution2, relu(norm(block.normalization2, x)))
    close(numpy_of(block(X)), x + conv(block.shortcut, resize(X)))


def test_bilinear_upsampling():
    block = built(GeneratorBlock(8, interpolation="bilinear"))

    def resize(x):
        return numpy_of(keras.ops.image.resize(x, (8, 8), "bilinear"))

    x = conv(block.convolution2, relu(conv(block.convolution1, resize(relu(X)))))
    close(numpy_of(block(X)), x + conv(block.shortcut, resize(X)), 1e-4)


@pytest.mark.parametrize("preactivation", [True, False])
@pytest.mark.parametrize("downsample", [True, False])
def test_discriminator_block(downsample, preactivation):
    block = DiscriminatorBlock(
        4,
        downsample=downsample,
        preactivation=preactivation,
        hidden_filters=6,
        spectral_normalization=False,
    )
    built(block)
    resize = down if downsample else same
    x = conv(block.convolution1, relu(X) if preactivation else X)
    x = resize(conv(block.convolution2, relu(x)))
    close(numpy_of(block(X)), x + conv(block.shortcut, resize(X)))
    assert block.convolution1.kernel.shape == (3, 3, 8, 6)


def test_a_block_that_changes_nothing_has_no_shortcut_weights():
    for block in (GeneratorBlock(8, upsample=False), DiscriminatorBlock(8, downsample=False)):
        block(X)
        assert block.shortcut is None
    block = built(DiscriminatorBlock(8, downsample=False, spectral_normalization=False))
    x = conv(block.convolution2, relu(conv(block.convolution1, relu(X))))
    close(numpy_of(block(X)), x + X)


@pytest.mark.parametrize("upsample", [True, False])
def test_deep_generator_block(upsample):
    block = DeepGeneratorBlock(4, BatchNormalization(), upsample, spectral_normalization=False)
    built(block)
    resize = up if upsample else same
    x = X
    for index, (normalization, convolution) in enumerate(
        zip(block.normalizations, block.convolutions, strict=True)
    ):
        x = relu(norm(normalization, x))
        x = conv(convolution, resize(x) if index == 1 else x)
    close(numpy_of(block(X)), x + resize(X[..., :4]))
    assert [c.kernel.shape[0] for c in block.convolutions] == [1, 3, 3, 1]
    assert [c.kernel.shape[-1] for c in block.convolutions] == [2, 2, 2, 4]


@pytest.mark.parametrize("downsample", [True, False])
def test_deep_discriminator_block(downsample):
    block = built(DeepDiscriminatorBlock(12, downsample=downsample, spectral_normalization=False))
    resize = down if downsample else same
    x = X
    for convolution in block.convolutions[:3]:
        x = conv(convolution, relu(x))
    x = conv(block.convolutions[3], resize(relu(x)))
    shortcut = np.concatenate([resize(X), conv(block.shortcut, resize(X))], axis=-1)
    close(numpy_of(block(X)), x + shortcut)
    assert [c.kernel.shape[-1] for c in block.convolutions] == [3, 3, 3, 12]
    assert block.shortcut.kernel.shape == (1, 1, 8, 4)


@pytest.mark.parametrize("kind", [GeneratorBlock, DeepGeneratorBlock])
@pytest.mark.parametrize(
    ("normalization", "condition"),
    [
        (ClassBatchNormalization(3), np.array([0, 2], "int32")),
        (ConditionalBatchNormalization(), RANDOM.normal(size=(2, 5)).astype("float32")),
    ],
)
def test_the_condition_reaches_the_block(kind, normalization, condition):
    block = built(kind(4, normalization), [X, condition])
    other = np.roll(condition, 1, axis=0)
    outputs, others = (numpy_of(block([X, value])) for value in (condition, other))
    assert np.abs(outputs - others).max() > 1e-3


@pytest.mark.parametrize(
    "block",
    [
        GeneratorBlock(4, BatchNormalization(), spectral_normalization=True),
        DiscriminatorBlock(4, BatchNormalization()),
        DeepGeneratorBlock(4, BatchNormalization()),
        DeepDiscriminatorBlock(12, BatchNormalization()),
    ],
    ids=lambda block: type(block).__name__,
)
def test_layers_are_made_alike_and_differ(block):
    """Every kernel is spectrally normalised, and an initializer given once draws anew."""
    block.build(X.shape)
    parts = [layer for layer in block._flatten_layers() if isinstance(layer, SpectralNormalization)]
    assert len(parts) == len([w for w in block.weights if w.name == "kernel"]) >= 3
    assert len({layer.name for layer in parts}) == len(parts)
    kernels = [numpy_of(layer.kernel).ravel() for layer in parts]
    for index, kernel in enumerate(kernels):
        for other in kernels[index + 1 :]:
            assert kernel.size != other.size or np.abs(kernel - other).max() > 1e-3


def test_refusals():
    with pytest.raises(ValueError, match="Received: filters=0"):
        GeneratorBlock(0)
    with pytest.raises(ValueError, match="Expected one of 'nearest', 'bilinear'"):
        GeneratorBlock(4, interpolation="cubic")
    with pytest.raises(ValueError, match="filters=9, inputs of 8 channels"):
        DeepGeneratorBlock(9)(X)
    with pytest.raises(ValueError, match="filters=7, inputs of 8 channels"):
        DeepDiscriminatorBlock(7)(X)
