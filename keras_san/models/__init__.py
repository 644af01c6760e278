"""The model that trains, and the architectures, a folder each."""

from keras_san.features.frozen_network import register_network
from keras_san.models.biggan import BigGANDiscriminator, BigGANGenerator
from keras_san.models.biggan_deep import BigGANDeepDiscriminator, BigGANDeepGenerator
from keras_san.models.dcgan import DCGANDiscriminator, DCGANGenerator
from keras_san.models.discriminator import Discriminator
from keras_san.models.fastgan import FastGANGenerator
from keras_san.models.freeze import freeze_discriminator_layers
from keras_san.models.moving_average import MovingAverage
from keras_san.models.optimizer_pair import OptimizerPair
from keras_san.models.projected import ProjectedDiscriminator
from keras_san.models.recipe import Recipe
from keras_san.models.registry import Architecture, architectures, build, register
from keras_san.models.sagan import SAGANDiscriminator, SAGANGenerator
from keras_san.models.san_model import SANModel
from keras_san.models.scale_heads import ScaleHeads
from keras_san.models.simple_san import SimpleSANDiscriminator, SimpleSANGenerator
from keras_san.models.sngan import SNGANDiscriminator, SNGANGenerator
from keras_san.models.to_san import to_san
from keras_san.models.training_scheme import TrainingScheme

__all__ = [
    "Architecture",
    "BigGANDeepDiscriminator",
    "BigGANDeepGenerator",
    "BigGANDiscriminator",
    "BigGANGenerator",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "Discriminator",
    "FastGANGenerator",
    "MovingAverage",
    "OptimizerPair",
    "ProjectedDiscriminator",
    "Recipe",
    "SAGANDiscriminator",
    "SAGANGenerator",
    "SANModel",
    "SNGANDiscriminator",
    "SNGANGenerator",
    "ScaleHeads",
    "SimpleSANDiscriminator",
    "SimpleSANGenerator",
    "TrainingScheme",
    "architectures",
    "build",
    "freeze_discriminator_layers",
    "register",
    "register_network",
    "to_san",
]
