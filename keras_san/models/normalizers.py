"""The normalisers of a discriminator by name, as the large-scale comparison has them."""

import keras

from keras_san.layers.batch_normalization import BatchNormalization

# Name: a function that makes the layer behind a convolution, None for none.
_LAYERS = {
    "spectral": lambda: None,
    # One mean over positions and channels, a gain and a bias a channel.
    "layer": lambda: keras.layers.GroupNormalization(groups=1, epsilon=1e-5),
    "batch": lambda: BatchNormalization(momentum=0.9, epsilon=1e-5),
    "instance": lambda: keras.layers.GroupNormalization(groups=-1, epsilon=1e-5),
    "none": lambda: None,
}
NORMALIZERS = tuple(_LAYERS)


def make_normalizer(name):
    """What a normaliser's name means: whether weights are spectrally normalised, and a layer.

    Args:
        name: one of `NORMALIZERS`.

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
    return name == "spectral", _LAYERS[name]()
