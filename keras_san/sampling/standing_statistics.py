"""Batch statistics of a generator, measured anew."""

import contextlib

import numpy as np
from keras import ops

from keras_san import backend
from keras_san.sampling.latents import latents, random_labels


def standing_statistics(model, batches=100, batch_size=64, seed=0, truncation=1.0):
    """Replaces the moving statistics of the averaged generator by means over fresh batches.

    Use it before sampling from a generator with batch normalisation: moving statistics trail
    behind the trained weights, and the averaged generator never saw a batch of its own. Its
    images must not depend on the batch they are in, so the statistics stay fixed afterwards.

    The mean and the variance of each layer become the arithmetic means of those of the batches.
    Nothing else changes: not the weights, not the vectors of a spectral normalisation.

    Args:
        model: `keras_san.SANModel`.
        batches: int. Defaults to `100`.
        batch_size: int, best the one of the training. Defaults to `64`.
        seed: int, of the first latent vector. Defaults to `0`.
        truncation: float in `(0, 1]`, of the latents; see `keras_san.sampling.latents`. Defaults
            to `1.0`.

    Raises:
        ValueError: if there is no batch normalisation, or a number is not positive.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=2)
    keras_san.sampling.standing_statistics(model, batches=2, batch_size=4)
    ```

    Reference: Brock et al., "Large Scale GAN Training", ICLR 2019, appendix D ("standing
    statistics").
    """
    if batches < 1 or batch_size < 1:
        raise ValueError(
            "`batches` and `batch_size` must be positive. "
            f"Received: batches={batches!r}, batch_size={batch_size!r}"
        )
    generator = model.generator_ema
    layers = normalization_layers(generator)
    if not layers:
        raise ValueError(f"The generator {generator.name!r} has no batch normalisation.")
    statistics = [variable for layer in layers for variable in _statistics(layer)]
    sums = [np.zeros(variable.shape) for variable in statistics]
    with _batch_statistics_only(generator, layers, seed):
        for start in range(seed, seed + batches * batch_size, batch_size):
            seeds = range(start, start + batch_size)
            inputs = [ops.convert_to_tensor(latents(seeds, model.latent_dim, truncation))]
            if model.num_classes:
                inputs.append(ops.convert_to_tensor(random_labels(seeds, model.num_classes)))
            values = backend.detached(lambda inputs=inputs: _forward(generator, inputs, statistics))
            for total, value in zip(sums, values, strict=True):
                total += ops.convert_to_numpy(value)
    for variable, total in zip(statistics, sums, strict=True):
        variable.assign((total / batches).astype("float32"))
    # `generate` would put the stored ones of the truncation in their place.
    model.truncation_statistics = None


def normalization_layers(generator):
    """The batch normalisations of a network, nested ones too, in the order of the network.

    Args:
        generator: `keras.Model`.

    Example:
    ```python
    import keras_san

    generator = keras_san.models.DCGANGenerator((32, 32, 3), width=2)
    len(keras_san.sampling.normalization_layers(generator))  # 3
    ```
    """
    layers = generator._flatten_layers(include_self=False)
    found = [layer for layer in layers if getattr(layer, "moving_mean", None) is not None]
    # Keras goes through nested layers backwards; weights come in the order of the network.
    order = {id(weight): index for index, weight in enumerate(generator.weights)}
    return sorted(found, key=lambda layer: order[id(layer.moving_mean)])


def _statistics(layer):
    return layer.moving_mean, layer.moving_variance


def _forward(generator, inputs, statistics):
    generator(inputs if len(inputs) > 1 else inputs[0], training=True)
    return [ops.convert_to_tensor(variable) for variable in statistics]


def _seed_states(generator):
    """The states that layers with noise, such as FastGAN's, draw from."""
    generators = (getattr(layer, "seed_generator", None) for layer in generator._flatten_layers())
    return [generator.state for generator in generators if generator is not None]


@contextlib.contextmanager
def _batch_statistics_only(generator, layers, seed):
    """A call with `training=True` keeps the statistics of its batch, and iterates no power."""
    normalized = [
        layer for layer in generator._flatten_layers() if hasattr(layer, "power_iterations")
    ]
    before = [(layer, "momentum", layer.momentum) for layer in layers]
    before += [(layer, "trainable", layer.trainable) for layer in layers]
    before += [(layer, "power_iterations", layer.power_iterations) for layer in normalized]
    states = _seed_states(generator)
    drawn_from = [ops.convert_to_numpy(state) for state in states]
    try:
        for layer in layers:
            layer.momentum, layer.trainable = 0.0, True
        for layer in normalized:
            layer.power_iterations = 0
        for index, state in enumerate(states):
            state.assign(np.array([seed, index], "uint32"))
        yield
    finally:
        for state, value in zip(states, drawn_from, strict=True):
            state.assign(value)
        for layer, name, value in before:
            setattr(layer, name, value)
