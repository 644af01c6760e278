"""Heads, conditionings and normalisers that compose with every architecture."""

import contextlib
import inspect
import itertools

import keras
import numpy as np
import pytest
from gradients import close
from keras import ops

from keras_san import models
from keras_san.layers import BatchNormalization, SANDense, SANProjection, SpectralNormalization
from keras_san.models.conditioning import CONDITIONINGS
from keras_san.models.normalizers import NORMALIZERS, make_normalizer

CLASSES = 3
NAMES = sorted(models.architectures())


def parameters(name):
    return inspect.signature(models.architectures()[name].discriminator.__init__).parameters


def make(name, drawn=True, **kwargs):
    """A small conditional discriminator, with weights if `drawn`, and images for it."""
    architecture = models.architectures()[name]
    shape = (min(architecture.resolutions),) * 2 + (1,)
    with contextlib.nullcontext() if drawn else keras.StatelessScope(initialize_variables=False):
        network = architecture.discriminator(shape, num_classes=CLASSES, width=2, **kwargs)
    images = np.random.default_rng(1).uniform(-1, 1, (2, *shape)).astype("float32")
    return network, images


WITH_CONDITIONING = [name for name in NAMES if "conditioning" in parameters(name)]
WITH_NORMALIZER = [name for name in NAMES if "normalizer" in parameters(name)]


def test_the_architectures_of_the_papers_have_the_options():
    assert {"biggan", "biggan_deep", "dcgan", "sagan", "simple_san", "sngan"} <= set(
        WITH_CONDITIONING
    )
    assert {"dcgan", "sngan", "projected"} <= set(WITH_NORMALIZER)


@pytest.mark.parametrize("name", WITH_CONDITIONING)
def test_concatenation(name):
    """The label is a channel of the image; the head is unconditional."""
    network, images = make(name, drawn=False, conditioning="concat")
    assert network.conditional and network.conditional_trunk and not network.conditional_head
    assert isinstance(network.head, SANDense)
    table = network.trunk.get_layer("class_plane").embeddings
    assert tuple(table.shape) == (CLASSES, images.shape[1] * images.shape[2])


@pytest.mark.parametrize("name", ["dcgan", "simple_san"])
def test_the_plane_of_a_class_is_seen(name):
    network, images = make(name, conditioning="concat")
    table = network.trunk.get_layer("class_plane").embeddings
    table.assign(np.random.default_rng(2).normal(size=table.shape))
    scores = [
        ops.convert_to_numpy(network([images, np.array(labels, "int32")]))
        for labels in ([0, 1], [1, 1])
    ]
    assert np.abs(scores[0][0] - scores[1][0]).max() > 1e-6
    close(scores[0][1], scores[1][1])


def test_concatenation_trains():
    model = models.build("dcgan", (32, 32, 1), num_classes=CLASSES, width=2, conditioning="concat")
    model.compile(run_eagerly=keras.backend.backend() == "tensorflow")
    images = np.random.default_rng(1).integers(0, 256, (4, 32, 32, 1), "uint8")
    table = model.discriminator.trunk.get_layer("class_plane").embeddings
    before = np.array(ops.convert_to_numpy(table))
    logs = model.train_on_batch(images, np.array([0, 1, 2, 0]), return_dict=True)
    assert np.isfinite(float(logs["direction_loss"]))
    assert np.abs(ops.convert_to_numpy(table) - before).max() > 0


@pytest.mark.parametrize("name", WITH_CONDITIONING)
def test_shared_direction(name):
    network, _ = make(name, drawn=False, head="san_shared")
    assert type(network.head) is SANProjection and network.head.shared
    assert network.head.embeddings.shape[0] == CLASSES + 1


@pytest.mark.parametrize(
    ("name", "normalizer"), list(itertools.product(WITH_NORMALIZER, NORMALIZERS))
)
def test_normalizers(name, normalizer):
    network, images = make(name, normalizer=normalizer, head="dense")
    layers = list(network.trunk._flatten_layers())
    spectral = [layer for layer in layers if isinstance(layer, SpectralNormalization)]
    convolutions = [layer for layer in layers if isinstance(layer, keras.layers.Conv2D)]
    assert len(spectral) == (len(convolutions) if normalizer.startswith("spectral") else 0)
    _, expected = make_normalizer(normalizer)
    kind = (BatchNormalization, keras.layers.GroupNormalization)
    found = [layer for layer in layers if isinstance(layer, kind)]
    if expected is None:
        assert not found
    else:
        assert len(found) >= 5
        assert {type(layer) for layer in found} == {type(expected)}
    for scores in keras.tree.flatten(network([images, np.array([0, 2], "int32")], training=True)):
        assert np.isfinite(ops.convert_to_numpy(scores)).all()


def test_the_spread_of_a_batch_is_seen():
    images = np.random.default_rng(3).uniform(-1, 1, (4, 32, 32, 1)).astype("float32")
    one_image = np.repeat(images[:1], 4, axis=0)
    for seen in (True, False):
        keras.utils.set_random_seed(4)
        network = models.DCGANDiscriminator((32, 32, 1), width=2, minibatch_std_dev=seen)
        among_others, among_copies = (
            ops.convert_to_numpy(network(batch))[0, 0] for batch in (images, one_image)
        )
        assert (abs(among_others - among_copies) > 1e-3) == seen


def test_layer_and_instance_normalisation_against_numpy():
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 5)).astype("float32") + 1.0
    for name, axes in (("layer", (1, 2, 3)), ("instance", (1, 2))):
        _, layer = make_normalizer(name)
        expected = (x - x.mean(axes, keepdims=True)) / np.sqrt(
            x.var(axes, keepdims=True) + layer.epsilon
        )
        close(ops.convert_to_numpy(layer(x)), expected, 1e-4)


@pytest.mark.parametrize(
    ("argument", "known"), [("conditioning", CONDITIONINGS), ("normalizer", NORMALIZERS)]
)
def test_unknown_options(argument, known):
    expected = ", ".join(map(repr, known))
    with pytest.raises(ValueError, match=f"Unknown {argument}: 'none_such'.*{expected}"):
        models.SNGANDiscriminator(
            (32, 32, 3), num_classes=CLASSES, width=1, **{argument: "none_such"}
        )


def test_the_spectral_normalisation_of_a_projection_head_moves_in_training():
    """The training step reaches the head without a call of the whole discriminator."""
    model = models.build("sngan", (32, 32, 1), CLASSES, "dense", width=1, discriminator_steps=1)
    model.compile(run_eagerly=keras.backend.backend() == "tensorflow")
    vector = model.discriminator.head.vector
    before = np.array(ops.convert_to_numpy(vector))
    images = np.random.default_rng(1).integers(0, 256, (4, 32, 32, 1), "uint8")
    model.train_on_batch(images, np.array([0, 1, 2, 0]))
    assert np.abs(ops.convert_to_numpy(vector) - before).max() > 1e-6
