"""Public layers: the SAN heads first."""

from keras_san.layers.batch_normalization import BatchNormalization
from keras_san.layers.class_batch_normalization import ClassBatchNormalization
from keras_san.layers.classifier_head import ClassifierHead
from keras_san.layers.conditional_batch_normalization import ConditionalBatchNormalization
from keras_san.layers.conv2d import Conv2D
from keras_san.layers.conv2d_transpose import Conv2DTranspose
from keras_san.layers.deep_discriminator_block import DeepDiscriminatorBlock
from keras_san.layers.deep_generator_block import DeepGeneratorBlock
from keras_san.layers.depthwise_conv2d import DepthwiseConv2D
from keras_san.layers.direction_cosine import direction_cosine
from keras_san.layers.discriminator_block import DiscriminatorBlock
from keras_san.layers.generator_block import GeneratorBlock
from keras_san.layers.global_sum_pooling2d import GlobalSumPooling2D
from keras_san.layers.minibatch_std_dev import MinibatchStdDev
from keras_san.layers.noise_injection import NoiseInjection
from keras_san.layers.projection import Projection
from keras_san.layers.reconstruction_head import ReconstructionHead
from keras_san.layers.san_conv2d import SANConv2D
from keras_san.layers.san_dense import SANDense
from keras_san.layers.san_embedding import SANEmbedding
from keras_san.layers.san_head import SANHead
from keras_san.layers.san_projection import JointUnitSphere, SANProjection
from keras_san.layers.self_attention2d import SelfAttention2D
from keras_san.layers.skip_layer_excitation import SkipLayerExcitation
from keras_san.layers.spectral_normalization import SpectralNormalization
from keras_san.layers.unit_sphere import UnitSphere
from keras_san.layers.up_sampling2d import UpSampling2D
from keras_san.layers.weight_clip import WeightClip

__all__ = [
    "BatchNormalization",
    "ClassBatchNormalization",
    "ClassifierHead",
    "ConditionalBatchNormalization",
    "Conv2D",
    "Conv2DTranspose",
    "DeepDiscriminatorBlock",
    "DeepGeneratorBlock",
    "DepthwiseConv2D",
    "DiscriminatorBlock",
    "GeneratorBlock",
    "GlobalSumPooling2D",
    "JointUnitSphere",
    "MinibatchStdDev",
    "NoiseInjection",
    "Projection",
    "ReconstructionHead",
    "SANConv2D",
    "SANDense",
    "SANEmbedding",
    "SANHead",
    "SANProjection",
    "SelfAttention2D",
    "SkipLayerExcitation",
    "SpectralNormalization",
    "UnitSphere",
    "UpSampling2D",
    "WeightClip",
    "direction_cosine",
]
