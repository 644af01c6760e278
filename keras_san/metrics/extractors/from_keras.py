"""Any Keras model as an extractor."""

from keras_san.features.frozen_network import architecture_hash, network_hash
from keras_san.metrics.extractors.extractor import Extractor


def from_keras(network, name, **options):
    """An extractor of features by a Keras model of your own.

    Use it where ImageNet says little about your images: medical scans, spectrograms, sprites. Train
    a classifier on them, cut it before its last layer, and measure in its features.

    Args:
        network: `keras.Model` from images `(batch, height, width, 1 or 3)` to features
            `(batch, dimension)`, or to `[features, logits]`.
        name: string, for the names of measures.
        **options: `input_shape`, `resize`, `offset`, `scale` and `class_names` of
            `keras_san.metrics.Extractor`; the network gets `(pixels - offset) * scale`, pixels
            from 0 to 255.

    Returns:
        `keras_san.metrics.Extractor`, whose hash is that of the values of the weights.

    Raises:
        ValueError: if the network is not such a network.

    Example:

    ```python
    import keras
    import keras_san
    import numpy as np

    images = keras.Input((16, 16, 1))
    network = keras.Model(images, keras.layers.Dense(8)(keras.layers.Flatten()(images)))
    extractor = keras_san.metrics.extractors.from_keras(network, "mine", scale=1 / 255)
    assert extractor(np.zeros((3, 32, 32, 3), "uint8")).shape == (3, 8)
    ```
    """
    extractor = Extractor(name, network, network_hash(network), **options)
    extractor.architecture = architecture_hash(network)
    return extractor
