"""The values of the papers, read back from what "auto" compiles, and the initializers."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_san import losses, models
from keras_san.layers import SpectralNormalization

BIGGAN = {
    "rates": (5e-5, 2e-4),
    "betas": (0.0, 0.999),
    "discriminator_steps": 2,
    "average": (0.9999, 20_000),
    "penalties": ("orthogonal:1e-4",),
}
# Architecture and resolution: the paper's values.
PAPERS = {
    ("sngan", 32): {"rates": (2e-4, 2e-4), "betas": (0.0, 0.9), "discriminator_steps": 5},
    ("sagan", 64): {"rates": (1e-4, 4e-4), "betas": (0.0, 0.9), "discriminator_steps": 1},
    ("biggan", 32): {
        "rates": (2e-4, 2e-4),
        "betas": (0.0, 0.999),
        "discriminator_steps": 4,
        "average": (0.9999, 1000),
    },
    ("biggan", 128): BIGGAN,
    ("biggan", 256): BIGGAN,
    ("biggan_deep", 64): BIGGAN,
    ("dcgan", 32): {"rates": (2e-4, 2e-4), "betas": (0.5, 0.999), "discriminator_steps": 1},
    ("simple_san", 28): {"rates": (1e-3, 1e-3), "betas": (0.0, 0.99), "discriminator_steps": 1},
}


def undrawn(name, resolution, player="generator", **kwargs):
    """A network whose weights have shapes only."""
    with keras.StatelessScope(initialize_variables=False):
        return getattr(models.architectures()[name], player)((resolution, resolution, 3), **kwargs)


def tiny(recipe):
    """Small networks that train by a recipe."""
    latents, seen = keras.Input((2,)), keras.Input((2, 2, 1))
    images = keras.layers.Reshape((2, 2, 1))(keras.layers.Dense(4, activation="tanh")(latents))
    scores = keras.layers.Dense(1)(keras.layers.Flatten()(seen))
    generator = keras.Model(latents, images)
    generator.recipe = recipe
    return models.SANModel(generator, keras.Model(seen, scores))


@pytest.mark.parametrize(("name", "resolution"), PAPERS)
def test_auto_compile(name, resolution):
    paper = PAPERS[name, resolution]
    model = tiny(undrawn(name, resolution).recipe)
    model.compile()
    assert type(model.loss) is losses.Hinge
    assert model.discriminator_steps == paper["discriminator_steps"]
    players = (model.optimizer.generator, model.optimizer.discriminator)
    for optimizer, rate in zip(players, paper["rates"], strict=True):
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert float(ops.convert_to_numpy(optimizer.learning_rate)) == pytest.approx(rate)
        assert (optimizer.beta_1, optimizer.beta_2) == paper["betas"]
    average = (model.ema.fixed_decay, model.ema.start)
    assert average == paper.get("average", (None, 0))
    assert model.recipe.penalties == paper.get("penalties", ())
    assert model.recipe.reference


def initializers(network):
    """The initializers of all spectrally normalised kernels."""
    layers = [layer for layer in network._flatten_layers()]
    wrapped = [layer.layer for layer in layers if isinstance(layer, SpectralNormalization)]
    return [(layer.kernel.shape, layer.kernel_initializer) for layer in wrapped]


@pytest.mark.parametrize("name", ["biggan", "biggan_deep"])
def test_orthogonal_initializers(name):
    found = initializers(undrawn(name, 128, num_classes=3))
    found += initializers(undrawn(name, 128, "discriminator", head="dense"))
    assert len(found) > 40
    assert {type(initializer) for _, initializer in found} == {keras.initializers.Orthogonal}
    embedding = undrawn(name, 128, num_classes=3).get_layer("class_embedding")
    assert type(embedding.embeddings_initializer) is keras.initializers.Orthogonal


def test_initializers_of_sngan():
    """Glorot's, times the root of two in the 3x3 convolutions of the blocks."""
    found = initializers(undrawn("sngan", 32, "discriminator"))
    assert len(found) == 10
    for shape, initializer in found:
        config = initializer.get_config()
        assert (config["mode"], config["distribution"]) == ("fan_avg", "uniform")
        assert config["scale"] == (2.0 if shape[0] == 3 else 1.0)


def test_initializers_of_biggan_on_cifar():
    found = initializers(undrawn("biggan", 32))
    assert len(found) == 11
    assert {initializer.get_config()["stddev"] for _, initializer in found} == {0.02}


def test_an_initializer_given_once_draws_orthogonal_kernels_that_differ():
    network = models.BigGANDeepDiscriminator((32, 32, 3), width=2, head="dense")
    layers = [w for w in network._flatten_layers() if isinstance(w, SpectralNormalization)]
    kernels = [ops.convert_to_numpy(layer.kernel) for layer in layers]
    for index, kernel in enumerate(kernels):
        matrix = kernel.reshape(-1, kernel.shape[-1])
        rows, columns = matrix.shape
        product = matrix @ matrix.T if rows < columns else matrix.T @ matrix
        np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-4)
        for other in kernels[index + 1 :]:
            assert other.shape != kernel.shape or np.abs(other - kernel).max() > 1e-3
