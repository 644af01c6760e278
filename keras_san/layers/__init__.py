"""Public layers: the SAN heads first."""

from keras_san.layers.batch_normalization import BatchNormalization
from keras_san.layers.conv2d import Conv2D
from keras_san.layers.conv2d_transpose import Conv2DTranspose
from keras_san.layers.direction_cosine import direction_cosine
from keras_san.layers.global_sum_pooling2d import GlobalSumPooling2D
from keras_san.layers.projection import Projection
from keras_san.layers.san_conv2d import SANConv2D
from keras_san.layers.san_dense import SANDense
from keras_san.layers.san_embedding import SANEmbedding
from keras_san.layers.san_head import SANHead
from keras_san.layers.san_projection import JointUnitSphere, SANProjection
from keras_san.layers.spectral_normalization import SpectralNormalization
from keras_san.layers.unit_sphere import UnitSphere

__all__ = [
    "BatchNormalization",
    "Conv2D",
    "Conv2DTranspose",
    "GlobalSumPooling2D",
    "JointUnitSphere",
    "Projection",
    "SANConv2D",
    "SANDense",
    "SANEmbedding",
    "SANHead",
    "SANProjection",
    "SpectralNormalization",
    "UnitSphere",
    "direction_cosine",
]
