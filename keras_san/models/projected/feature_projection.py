"""Images to randomly mixed maps of frozen networks."""

import keras

from keras_san.features.frozen_network import feature_network as find_network
from keras_san.models.projected.random_mixing import RandomMixing

SCALES = 4


@keras.saving.register_keras_serializable(package="keras_san")
class FeatureProjection(keras.layers.Layer):
    """The part of a projected discriminator that never learns: feature networks, then mixing.

    The mixing is saved with the model. The networks are named by hash and stay out of its files;
    their weights are among `variables`, which compiled steps carry along, and not among `weights`.

    Args:
        image_shape: `(height, width, channels)`, 1 or 3 channels.
        feature_network: what `keras_san.features.frozen_network.feature_network` takes, or a
            sequence of such.
        feature_size: int, the side of the images that `"efficientnet_lite0"` sees.
        width: int, channels of the finest mixed map.
        seed: int or None, of the mixing.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        images: `(batch, height, width, channels)` in `[-1, 1]`.

    Returns:
        List of maps, finest first, those of one network after those of another.
    """

    def __init__(self, image_shape, feature_network, feature_size, width=64, seed=None, **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.image_shape = tuple(image_shape)
        self.feature_size = feature_size
        self.width = width
        self.seed = seed
        several = isinstance(feature_network, (list, tuple))
        identifiers = feature_network if several else [feature_network]
        self.networks = [
            find_network(identifier, feature_size, self.image_shape) for identifier in identifiers
        ]
        self._preprocess = [network.preprocess(self.image_shape) for network in self.networks]
        self.mixing = [
            RandomMixing(width, seed if seed is None else seed + index, dtype=self.dtype_policy)
            for index in range(len(self.networks))
        ]
        for network, mixing in zip(self.networks, self.mixing, strict=True):
            mixing.build(_map_shapes(network))
            mixing.built = True
        self.built = True

    @property
    def references(self):
        """What configs hold of the networks, a list of dicts."""
        return [network.reference for network in self.networks]

    @property
    def variables(self):
        """The weights and, which no file holds, those of the feature networks."""
        frozen = [variable for network in self.networks for variable in network.variables]
        return [*super().variables, *frozen]

    def call(self, images):
        """The mixed maps; see the class."""
        outputs = []
        for network, prepare, mix in zip(self.networks, self._preprocess, self.mixing, strict=True):
            outputs += mix(network(prepare(images)))
        return outputs

    def compute_output_shape(self, input_shape=None):
        """Shapes of the mixed maps."""
        return [
            shape
            for network, mix in zip(self.networks, self.mixing, strict=True)
            for shape in mix.compute_output_shape(_map_shapes(network))
        ]

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "image_shape": self.image_shape,
            "feature_network": self.references,
            "feature_size": self.feature_size,
            "width": self.width,
            "seed": self.seed,
        }


def _map_shapes(network):
    """Shapes of the four maps; a `ValueError` if they are others."""
    shapes = network.network.output_shape
    shapes = [tuple(shape) for shape in (shapes if isinstance(shapes, list) else [shapes])]
    halved = all(
        len(fine) == len(coarse) == 4 and fine[1:3] == (2 * (coarse[1] or 0), 2 * (coarse[2] or 0))
        for fine, coarse in zip(shapes, shapes[1:], strict=False)
    )
    if len(shapes) != SCALES or not halved or network.input_shape[-1] not in (1, 3):
        raise ValueError(
            "A feature network takes images of a fixed size with 1 or 3 channels to four maps, "
            "finest first, each half as large as the one before. Received: "
            f"{network.name!r} from {network.input_shape} to {shapes}"
        )
    return shapes
