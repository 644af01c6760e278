"""The exact numbers of trainable parameters of the published networks."""

import math

import keras
import pytest

from keras_san.models import (
    BigGANDeepGenerator,
    DCGANDiscriminator,
    DCGANGenerator,
    SimpleSANDiscriminator,
    SimpleSANGenerator,
    architectures,
)


@pytest.fixture(autouse=True)
def undrawn_weights():
    """Only the shapes matter: in this scope weights are not drawn."""
    with keras.StatelessScope(initialize_variables=False):
        yield


def count(model):
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


def test_dcgan_32():
    assert count(DCGANGenerator((32, 32, 3))) == 3_812_355
    assert count(DCGANDiscriminator((32, 32, 3), head="dense")) == 2_928_193


def test_dcgan_32_with_the_san_head():
    # A scale and a bias of the 512 inputs come, the bias of the output goes.
    assert count(DCGANDiscriminator((32, 32, 3))) == 2_928_193 + 1 + 512 - 1


@pytest.mark.parametrize(("num_classes", "expected"), [(0, 3_092_609), (10, 3_554_409)])
def test_simple_san_generator(num_classes, expected):
    assert count(SimpleSANGenerator(num_classes=num_classes)) == expected


@pytest.mark.parametrize(("num_classes", "expected"), [(0, 2_631_552), (10, 2_673_024)])
def test_simple_san_discriminator(num_classes, expected):
    plain = SimpleSANDiscriminator(num_classes=num_classes, head="dense")
    assert count(plain) == expected
    # The SAN head adds a scale a direction and, where it has one, a bias of the 4608 inputs.
    san = SimpleSANDiscriminator(num_classes=num_classes)
    assert count(san) == expected + (num_classes if num_classes else 1 + 4608)


def test_spectral_norm_vectors_and_statistics_are_not_trainable():
    discriminator = DCGANDiscriminator((32, 32, 3))
    assert sorted(weight.name for weight in discriminator.non_trainable_weights) == ["vector"] * 7
    generator = DCGANGenerator((32, 32, 3))
    assert len(generator.non_trainable_weights) == 2 * 3


# Architecture, resolution, classes: trainable parameters of generator and discriminator.
PUBLISHED = [
    ("sngan", 32, 0, 4_276_739, 1_053_824),
    ("sngan", 32, 10, 4_304_387, 1_053_824 + 1_280),
    ("sngan", 32, 100, 4_580_867, 1_053_824 + 12_800),
    ("sngan", 48, 0, 4_878_083, 10_141_441),
    ("sngan", 64, 0, 12_220_675, 10_141_441),
    ("sngan", 128, 0, 32_150_787, 29_017_857),
    ("biggan", 32, 10, 4_304_387, 4_207_361),
    ("biggan", 32, 100, 4_580_867, 4_230_401),
    ("biggan", 128, 1000, 70_433_988, 87_982_370),
    ("biggan", 256, 1000, 82_235_844, 99_225_890),
    ("biggan_deep", 128, 1000, 50_244_484, 34_590_210),
    ("biggan_deep", 256, 1000, 55_736_708, 38_247_426),
    ("biggan_deep", 512, 1000, 56_019_780, None),
]
PUBLISHED_IDS = [f"{name}-{resolution}-{classes}" for name, resolution, classes, *_ in PUBLISHED]


@pytest.mark.parametrize(
    ("name", "resolution", "num_classes", "generator", "discriminator"),
    PUBLISHED,
    ids=PUBLISHED_IDS,
)
def test_residual_networks(name, resolution, num_classes, generator, discriminator):
    architecture, shape = architectures()[name], (resolution, resolution, 3)
    assert count(architecture.generator(shape, num_classes=num_classes)) == generator
    dense = architecture.discriminator(shape, num_classes=num_classes, head="dense")
    if discriminator is not None:
        assert count(dense) == discriminator
    features = dense.trunk.output_shape[-1]
    bias = 0 if (name, resolution) == ("sngan", 32) else 1
    san = architecture.discriminator(shape, num_classes=num_classes)
    if num_classes:
        # A scale a class comes; the unconditional kernel goes, and its bias.
        assert count(san) == count(dense) + num_classes - features - bias
        shared = architecture.discriminator(shape, num_classes=num_classes, head="san_shared")
        assert count(shared) == count(dense) + num_classes - bias
    else:
        # A scale and a bias of the inputs come, the bias of the output goes.
        assert count(san) == count(dense) + 1 + features - bias


@pytest.mark.parametrize(
    ("resolution", "expected"), [(128, 50_388_609), (256, 55_880_833), (512, 56_163_905)]
)
def test_released_biggan_deep(resolution, expected):
    """The released generators make 128 channels, of which three are the image."""
    shape = (resolution, resolution, 3)
    generator = BigGANDeepGenerator(shape, num_classes=1000, last_channels=128)
    assert count(generator) == expected
    assert generator.output_shape == (None, *shape)


@pytest.mark.parametrize("resolution", [32, 64])
def test_small_biggan_deep_are_of_the_same_blocks(resolution):
    """Our own choice has no published number: a sum by hand instead, with and without classes."""
    unconditional = BigGANDeepGenerator((resolution, resolution, 3), width=8)
    conditional = BigGANDeepGenerator((resolution, resolution, 3), width=8, num_classes=10)
    modulated = sum(
        weight.shape[-1]
        for weight in unconditional.trainable_weights
        if "normalization" in weight.path and weight.name == "kernel"
    )
    first = unconditional.get_layer("dense").layer.units
    extra = 10 * 128 + 128 * (modulated + first)
    assert count(conditional) - count(unconditional) == extra
