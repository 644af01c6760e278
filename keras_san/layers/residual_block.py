"""What the residual blocks of generators and discriminators share."""

import types

import keras
from keras import ops

from keras_san import backend
from keras_san.layers.conv2d import Conv2D
from keras_san.layers.spectral_normalization import SpectralNormalization


class ResidualBlock(keras.layers.Layer):
    """Base of the residual blocks: convolutions and normalisations made alike, and named.

    Args:
        filters: int, channels of the output.
        normalization: layer whose copies are put before (in a generator) or after (in a
            discriminator) the convolutions, or None. With a
            conditional one the block is called with `[maps, condition]`. Defaults to `None`.
        spectral_normalization: bool, of all convolutions. Defaults to `False`.
        kernel_initializer: of the convolutions. Defaults to `"glorot_uniform"`.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(
        self,
        filters,
        normalization=None,
        spectral_normalization=False,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not isinstance(filters, int) or filters < 1:
            raise ValueError(f"`filters` must be a positive integer. Received: filters={filters!r}")
        self.filters = filters
        # Out of Keras's sight: the prototype has no weights and is no part of the block.
        self._prototypes = types.SimpleNamespace(normalization=normalization)
        self.conditional = bool(getattr(normalization, "conditional", False))
        self.spectral_normalization = spectral_normalization
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    @property
    def normalization(self):
        """The layer whose copies the block holds, or None."""
        return self._prototypes.normalization

    def _split(self, inputs):
        """`(maps, condition)` of inputs or of their shapes; the condition is None without one."""
        return inputs if self.conditional else (inputs, None)

    def _convolution(self, name, shape, filters, kernel_size, initializer=None):
        """A built convolution of maps of a shape."""
        convolution = Conv2D(
            filters,
            kernel_size,
            padding="same",
            kernel_initializer=(initializer or self.kernel_initializer).clone(),
            dtype=self.dtype_policy,
            name=name,
        )
        if self.spectral_normalization:
            convolution = SpectralNormalization(convolution, name=name)
        convolution.build(shape)
        return convolution

    def _normalization(self, name, shape, condition=None):
        """A built copy of the normalisation, None without one."""
        if self.normalization is None:
            return None
        policy = keras.dtype_policies.serialize(self.dtype_policy)
        config = self.normalization.get_config() | {"name": name, "dtype": policy}
        layer = type(self.normalization).from_config(config)
        layer.build([shape, condition] if self.conditional else shape)
        layer.built = True
        return layer

    def _normalize(self, layer, maps, condition, training):
        if layer is None:
            return maps
        return layer([maps, condition] if self.conditional else maps, training=training)

    def _convolve(self, layer, maps, training):
        return layer(maps, training=training) if self.spectral_normalization else layer(maps)

    def get_config(self):
        """The arguments of the constructor."""
        normalization = self.normalization
        return super().get_config() | {
            "filters": self.filters,
            "normalization": normalization and keras.saving.serialize_keras_object(normalization),
            "spectral_normalization": self.spectral_normalization,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

    @classmethod
    def from_config(cls, config):
        """A block from what `get_config` gave."""
        normalization = config["normalization"]
        if isinstance(normalization, dict):
            normalization = keras.saving.deserialize_keras_object(normalization)
        return cls(**config | {"normalization": normalization})


INTERPOLATIONS = ("nearest", "bilinear")


def check_interpolation(interpolation):
    """Raises a `ValueError` unless `upsampled` knows the interpolation."""
    if interpolation not in INTERPOLATIONS:
        raise ValueError(
            f"Unknown interpolation: {interpolation!r}. Expected one of "
            f"{', '.join(map(repr, INTERPOLATIONS))}."
        )


def upsampled(maps, interpolation="nearest"):
    """Maps of twice the height and width."""
    if interpolation == "nearest":
        return backend.upsampled(maps)
    _, height, width, _ = maps.shape
    return ops.image.resize(maps, (2 * height, 2 * width), "bilinear", data_format="channels_last")


def downsampled(maps):
    """Maps of half the height and width: means of 2x2."""
    return ops.average_pool(maps, 2, strides=2, padding="valid", data_format="channels_last")


def resized(shape, upsample=False, downsample=False):
    """A shape `(batch, height, width, channels)` of maps after `upsampled` or `downsampled`."""
    batch, height, width, channels = shape
    if upsample:
        return (batch, 2 * height, 2 * width, channels)
    return (batch, height // 2, width // 2, channels) if downsample else tuple(shape)
