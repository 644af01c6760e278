"""The exact numbers of trainable parameters of the published networks."""

import math

import keras
import pytest

from keras_san.models import (
    DCGANDiscriminator,
    DCGANGenerator,
    SimpleSANDiscriminator,
    SimpleSANGenerator,
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
