"""The normalisers of a discriminator by name, as the large-scale comparison has them."""

import keras

from keras_san.layers.batch_normalization import BatchNormalization

# Name: a function that makes the layer behind a convolution, None for none.
_LAYERS = {
    "spectral": lambda name: None,
    # One mean over positions and channels, a gain and a bias a channel.
    "layer": lambda name: keras.layers.GroupNormalization(groups=1, epsilon=1e-5, name=name),
    "batch": lambda name: BatchNormalization(momentum=0.9, epsilon=1e-5, name=name),
    "instance": lambda name: keras.layers.GroupNormalization(groups=-1, epsilon=1e-5, name=name),
    "none": lambda name: None,
}
_LAYERS["spectral_batch"] = _LAYERS["batch"]
NORMALIZERS = tuple(_LAYERS)


def make_normalizer(name, layer_name=None):
    """What a normaliser's name means: whether weights are spectrally normalised, and a layer.

    Args:
        name: one of `NORMALIZERS`.
        layer_name: string, the name of the layer. Defaults to `None`.

    Returns:
        `(spectral_normalization, layer)`: a bool, and a new layer of maps or None.

    Raises:
        ValueError: if the name is unknown.

    Reference: Kurach et al., "A Large-Scale Study on Regularization and Normalization in GANs",
    ICML 2019.
    """
    if name not in _LAYERS:
        raise ValueError(
            f"Unknown normalizer: {name!r}. Expected one of {', '.join(map(repr, NORMALIZERS))}."
        )
    return name.startswith("spectral"), _LAYERS[name](layer_name)
