"""Networks that are used as they are: known by name and hash, their weights in no model's file."""

import hashlib
import json

import keras
import numpy as np
from keras import ops

from keras_san import backend
from keras_san.features.efficientnet_lite0 import OFFSET, SCALE, efficientnet_lite0_map_network
from keras_san.features.grey_classifier import grey_classifier_network
from keras_san.features.pixel_maps import pixel_map_network, pixel_map_shape
from keras_san.features.preprocess import Preprocess
from keras_san.features.shipped import read_shipped

# Networks of users by the hash of their weights.
_known = {}
# Where a config of Keras names layers.
_NAMED = ("name", "keras_history", "input_layers", "output_layers")


class FrozenNetwork:
    """A network of images in `[-1, 1]` that nothing trains and no file of a model holds.

    A plain object and no layer, so that Keras does not save it with what uses it.

    Args:
        name: string, for people.
        sha256: string, the hash of its weights, by which it is found again.
        network: `keras.Model` of images of a fixed shape; it becomes this object's own.
        offset: float, taken off pixels 0 to 255 before the network sees them, or None for a
            network of images in `[-1, 1]`.
        scale: float, multiplied after that.
    """

    def __init__(self, name, sha256, network, offset=None, scale=1.0):
        self.name = name
        self.sha256 = sha256
        self.network = network
        self.network.trainable = False
        self.offset, self.scale = offset, scale
        backend.lay_out(network.variables)

    @property
    def reference(self):
        """What a config holds of it."""
        return {"name": self.name, "sha256": self.sha256}

    @property
    def variables(self):
        """The frozen weights."""
        return self.network.variables

    @property
    def input_shape(self):
        """`(height, width, channels)` of the images that it takes."""
        return tuple(self.network.input_shape[1:])

    def preprocess(self, image_shape):
        """The layer that brings images in `[-1, 1]` of any shape to what the network takes."""
        offset, scale = 0.0, 1.0
        if self.offset is not None:
            # A pixel is 127.5 * (x + 1).
            offset, scale = (self.offset - 127.5) / 127.5, 127.5 * self.scale
        return Preprocess(
            image_shape,
            self.input_shape,
            "bilinear_antialiased",
            offset,
            scale,
            value_range=None,
            dtype="float32",
        )

    def __call__(self, images):
        """The network's outputs for prepared images, in inference mode."""
        images = ops.cast(images, self.network.compute_dtype)
        return self.network(images, training=False)


def register_network(network):
    """Makes a frozen network of yours known, so that models which were saved with it load again.

    A model names its frozen networks (the feature network of a projected discriminator, the
    classifier of a guidance) by the hash of their weights and shapes and holds no copy. Those of
    the library are found by name; call this with your own before you load such a model in a new
    process.

    Args:
        network: built `keras.Model` with the weights that it had.

    Returns:
        dict of its `name` and `sha256`, which stands for it wherever a frozen network is asked for.

    Raises:
        ValueError: if it is no built `keras.Model`.

    Example:
    ```python
    import keras
    import keras_san

    images = keras.Input((32, 32, 3))
    network = keras.Model(images, keras.layers.Dense(10)(keras.layers.Flatten()(images)))
    reference = keras_san.models.register_network(network)
    ```
    """
    if not isinstance(network, keras.Model) or not network.built:
        raise ValueError(f"Expected a built `keras.Model`. Received: {network!r}")
    digest = network_hash(network)
    _known[digest] = network
    return {"name": network.name, "sha256": digest}


def network_hash(network):
    """The hash of a network's weights, and of the shapes that it takes and gives."""
    digest = hashlib.sha256(f"{network.input_shape} {network.output_shape}".encode())
    for variable in network.weights:
        values = np.ascontiguousarray(ops.convert_to_numpy(ops.cast(variable, "float32")))
        digest.update(f"{values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def architecture_hash(network):
    """The hash of a network's layers and how they are joined, whatever their names and weights.

    It is that of one version of Keras, which writes the config: for caches, not for files.
    """
    places = {layer.name: place for place, layer in enumerate(network._flatten_layers())}
    config = _without_names(keras.saving.serialize_keras_object(network), places)
    text = json.dumps(config, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _without_names(config, places, is_name=False):
    """A config with the places of layers for their names."""
    if isinstance(config, dict):
        return {key: _without_names(value, places, key in _NAMED) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return [_without_names(value, places, is_name) for value in config]
    return places.get(config, config) if is_name and isinstance(config, str) else config


def feature_network(identifier, size, image_shape):
    """A frozen network of four maps.

    Args:
        identifier: `"efficientnet_lite0"`, `"pixels"`, a `keras.Model`, or what
            `register_network` returned.
        size: int, the side of the images for `"efficientnet_lite0"`.
        image_shape: `(height, width, channels)` of the images themselves, for `"pixels"`.

    Raises:
        ValueError: if there is none, or its weights are not those of the reference.
    """
    return _find(identifier, _FEATURE_NETWORKS, size, image_shape)


def classifier(identifier):
    """A frozen network of class logits: a name of the library, or as for `feature_network`."""
    return _find(identifier, _CLASSIFIERS)


def _find(identifier, shipped, *arguments):
    if isinstance(identifier, keras.Model):
        identifier = register_network(identifier)
    reference = identifier if isinstance(identifier, dict) else {"name": identifier}
    name, expected = reference.get("name"), reference.get("sha256")
    if expected in _known:
        return FrozenNetwork(name, expected, _copy(_known[expected]))
    if name not in shipped:
        raise ValueError(
            f"Unknown frozen network: {identifier!r}. Expected one of "
            f"{', '.join(map(repr, shipped))}, or a `keras.Model`. The network of a saved model "
            "must be made known first: `keras_san.models.register_network(network)`."
        )
    found = shipped[name](*arguments)
    if expected not in (None, found.sha256):
        raise ValueError(
            f"The frozen network {name!r} has the sha256 {found.sha256}, the model was saved with "
            f"{expected}. Install the keras-san that it was saved with."
        )
    return found


def _copy(network):
    """The same network with weights of its own: a training step may carry them along."""
    copy = type(network).from_config(network.get_config())
    copy.set_weights(network.get_weights())
    return copy


def _efficientnet_lite0(size, image_shape):
    network, sha256 = efficientnet_lite0_map_network(size)
    return FrozenNetwork("efficientnet_lite0", sha256, network, OFFSET, SCALE)


def _pixels(size, image_shape):
    network, sha256 = pixel_map_network(pixel_map_shape(image_shape))
    return FrozenNetwork("pixels", sha256, network)


def _grey_classifier(name):
    description, weights = read_shipped(name)
    whole = grey_classifier_network(len(description["classes"]))
    whole.load_weights(weights)
    network = keras.Model(whole.inputs[0], whole.outputs[1], name=name)
    return FrozenNetwork(name, description["sha256"], network, 0.0, 1.0 / 255.0)


_FEATURE_NETWORKS = {"efficientnet_lite0": _efficientnet_lite0, "pixels": _pixels}
FEATURE_NETWORKS = tuple(_FEATURE_NETWORKS)
_CLASSIFIERS = {
    name: (lambda name=name: _grey_classifier(name))
    for name in ("mnist_classifier", "fashion_mnist_classifier")
}
