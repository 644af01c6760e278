"""Statistics over fresh batches: the mean of the batches' own, and nothing else changes."""

import keras
import numpy as np
import pytest
from gradients import close
from keras import ops

from keras_san import models
from keras_san.layers import SpectralNormalization
from keras_san.sampling import (
    latents,
    normalization_layers,
    random_labels,
    standing_statistics,
)

BATCHES, BATCH, SEED = 3, 4, 11


def numpy_of(tensor):
    return np.array(ops.convert_to_numpy(tensor))


def make(num_classes=0):
    return models.build("biggan", (32, 32, 1), num_classes, width=1, latent_dim=6)


def test_layers_come_in_the_order_of_the_network():
    layers = normalization_layers(make().generator_ema)
    names = [f"block{block}/normalization{index}" for block in (1, 2, 3) for index in (1, 2)]
    assert ["/".join(layer.path.split("/")[-2:]) for layer in layers[:-1]] == names
    assert layers[-1].name == "normalization"


def test_first_layer_against_numpy():
    model = make()
    generator = model.generator_ema
    dense = generator.get_layer("dense")
    standing_statistics(model, BATCHES, BATCH, SEED)
    vectors = latents(range(SEED, SEED + BATCHES * BATCH), 6)
    maps = numpy_of(dense(vectors, training=False)).reshape(BATCHES, -1, 4)
    first = normalization_layers(generator)[0]
    close(numpy_of(first.moving_mean), maps.mean(1).mean(0))
    close(numpy_of(first.moving_variance), maps.var(1).mean(0))


def test_a_deep_layer_of_one_batch():
    """After one batch, inference on that batch equals a call with its own statistics."""
    model = make(num_classes=3)
    generator = model.generator_ema
    standing_statistics(model, 1, BATCH, SEED)
    for layer in generator._flatten_layers():
        if isinstance(layer, SpectralNormalization):
            layer.power_iterations = 0

    seeds = range(SEED, SEED + BATCH)
    inputs = [latents(seeds, 6), random_labels(seeds, 3)]
    fixed = numpy_of(generator(inputs, training=False))
    generator.trainable = True
    close(numpy_of(generator(inputs, training=True)), fixed, 1e-4)


def test_nothing_else_changes():
    model = make()
    layers = normalization_layers(model.generator_ema)
    assert len(layers) == 7
    statistics = {
        id(variable) for layer in layers for variable in (layer.moving_mean, layer.moving_variance)
    }
    before = {id(weight): numpy_of(weight) for weight in model.weights}
    switches = [(layer.momentum, layer.trainable) for layer in layers]
    standing_statistics(model, 2, 2)
    for weight in model.weights:
        same = np.array_equal(numpy_of(weight), before[id(weight)])
        assert same != (id(weight) in statistics), weight.path
    assert [(layer.momentum, layer.trainable) for layer in layers] == switches
    wrapped = [
        layer
        for layer in model.generator_ema._flatten_layers()
        if isinstance(layer, SpectralNormalization)
    ]
    assert {layer.power_iterations for layer in wrapped} == {1}


def test_noise_inside_comes_from_the_seed():
    model = models.build("projected", (32, 32, 3), width=2, latent_dim=4)
    for weight in model.generator_ema.weights:
        if weight.name == "strength":
            weight.assign(1.0)
    layers = normalization_layers(model.generator_ema)
    generators = [
        layer.seed_generator
        for layer in model.generator_ema._flatten_layers()
        if hasattr(layer, "seed_generator")
    ]
    assert generators
    found = []
    for seed in (0, 0, 1):
        before = [numpy_of(generator.state) for generator in generators]
        standing_statistics(model, 1, 2, seed=seed)
        found.append(numpy_of(layers[-1].moving_mean))
        for generator, state in zip(generators, before, strict=True):
            np.testing.assert_array_equal(numpy_of(generator.state), state)
        for generator in generators:
            generator.next()
    np.testing.assert_array_equal(found[0], found[1])
    assert np.abs(found[2] - found[0]).max() > 0


def test_refusals():
    with pytest.raises(ValueError, match="Received: batches=0"):
        standing_statistics(make(), 0)
    latent = keras.Input((2,))
    images = keras.layers.Reshape((2, 2, 1))(keras.layers.Dense(4, activation="tanh")(latent))
    seen = keras.Input((2, 2, 1))
    scores = keras.layers.Dense(1)(keras.layers.Flatten()(seen))
    model = models.SANModel(keras.Model(latent, images), keras.Model(seen, scores))
    with pytest.raises(ValueError, match="has no batch normalisation"):
        standing_statistics(model, 1, 2)
