"""The weights of a keras_san model as nested dicts of arrays, from which a plain loop starts.

Form: `{"generator": [...], "discriminator": [...], "head": {...}}`, a dict a layer with "kernel",
"bias" and, where it has them, "gamma" and "beta" (batch normalisation) or "vector" (spectral
normalisation). Arrays have Keras's layouts: dense `(in, out)`, convolution
`(rows, columns, in, out)`, transposed convolution `(rows, columns, out, in)`.
"""

import keras

_NAMES = ("kernel", "bias", "gamma", "beta", "vector", "scale")


def read_for(network, model):
    """The weights of a `SANModel` as the plain loop of a `benchmarks.plain.networks` takes them."""
    return _READERS[network.loop](model)


def read(model):
    """The weights of a `SANModel` with a SAN head."""
    return {
        "generator": network_weights(model.generator),
        "discriminator": network_weights(model.discriminator.trunk),
        "head": _arrays(model.discriminator.head),
    }


def read_in_order(model):
    """The weights as `torch_residual.py` takes them: a list a network, in order of creation."""
    return _in_order("generator", [model.generator]) | _in_order(
        "discriminator", [model.discriminator]
    )


def read_projected(model):
    """The same for `torch_projected.py`: a scale after the other, and what is frozen."""
    discriminator, layers = model.discriminator, []
    for scale, head in enumerate(discriminator.head.heads):
        trunk = discriminator.trunk.layers
        layers += [layer for layer in trunk if layer.name.startswith(f"scale{scale}_")] + [head]
    ((network,), (mixing,)) = discriminator.frozen.networks, discriminator.frozen.mixing
    frozen = [*network.variables]
    for convolution in (*mixing.channel_mixing, *mixing.scale_mixing):
        frozen += convolution.variables
    weights = _in_order("generator", [model.generator]) | _in_order("discriminator", layers)
    return weights | {"frozen": list_of(frozen)}


def _in_order(name, layers):
    trainable = [v for layer in layers for v in layer.trainable_variables]
    others = [v for layer in layers for v in layer.non_trainable_variables]
    vectors = [variable for variable in others if variable.name == "vector"]
    return {name: list_of(trainable), f"{name}_vectors": list_of(vectors)}


def list_of(variables):
    """The variables as arrays."""
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def network_weights(network):
    """A dict for each layer with a kernel; a batch normalisation joins the layer before it."""
    layers = []
    for layer in network.layers:
        arrays = _arrays(layer)
        if isinstance(layer, keras.layers.Wrapper):
            arrays |= _arrays(layer.layer)
        if "gamma" in arrays:
            layers[-1] |= arrays
        elif arrays:
            layers.append(arrays)
    return layers


def _arrays(layer):
    # By name among the layer's own variables: a wrapper's `kernel` is its layer's.
    return {
        variable.name: keras.ops.convert_to_numpy(variable)
        for variable in layer._trainable_variables + layer._non_trainable_variables
        if variable.name in _NAMES
    }


_READERS = {None: read, "torch_residual": read_in_order, "torch_projected": read_projected}
