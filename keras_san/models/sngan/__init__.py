"""SNGAN: the residual pair at 32, 48, 64 and 128 pixels."""

from keras_san.models.sngan import sngan_architecture
from keras_san.models.sngan.sngan_discriminator import SNGANDiscriminator
from keras_san.models.sngan.sngan_generator import SNGANGenerator

__all__ = ["SNGANDiscriminator", "SNGANGenerator", "sngan_architecture"]
