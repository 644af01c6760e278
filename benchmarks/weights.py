"""The weights of a keras_san model as nested dicts of arrays, from which a plain loop starts.

Form: `{"generator": [...], "discriminator": [...], "head": {...}}`, a dict a layer with "kernel",
"bias" and, where it has them, "gamma" and "beta" (batch normalisation) or "vector" (spectral
normalisation). Arrays have Keras's layouts: dense `(in, out)`, convolution
`(rows, columns, in, out)`, transposed convolution `(rows, columns, out, in)`.
"""

import keras

_NAMES = ("kernel", "bias", "gamma", "beta", "vector", "scale")


def read(model):
    """The weights of a `SANModel` with a SAN head."""
    return {
        "generator": network_weights(model.generator),
        "discriminator": network_weights(model.discriminator.trunk),
        "head": _arrays(model.discriminator.head),
    }


def read_in_order(model):
    """The weights as `torch_residual.py` takes them: a list a network, in order of creation."""
    weights = {}
    for name in ("generator", "discriminator"):
        network = getattr(model, name)
        vectors = [v for v in network.non_trainable_variables if v.name == "vector"]
        weights[name] = _list(network.trainable_variables)
        weights[f"{name}_vectors"] = _list(vectors)
    return weights


def _list(variables):
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
