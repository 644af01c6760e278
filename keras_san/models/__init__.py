"""The model that trains, and the architectures, a folder each."""

from keras_san.models.dcgan import DCGANDiscriminator, DCGANGenerator
from keras_san.models.discriminator import Discriminator
from keras_san.models.moving_average import MovingAverage
from keras_san.models.optimizer_pair import OptimizerPair
from keras_san.models.recipe import Recipe
from keras_san.models.registry import Architecture, architectures, build, register
from keras_san.models.san_model import SANModel
from keras_san.models.simple_san import SimpleSANDiscriminator, SimpleSANGenerator
from keras_san.models.to_san import to_san

__all__ = [
    "Architecture",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "Discriminator",
    "MovingAverage",
    "OptimizerPair",
    "Recipe",
    "SANModel",
    "SimpleSANDiscriminator",
    "SimpleSANGenerator",
    "architectures",
    "build",
    "register",
    "to_san",
]
