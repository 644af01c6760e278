"""DCGAN: the "standard CNN" pair at 32, 64 and 128 pixels."""

from keras_san.models.dcgan import dcgan_architecture
from keras_san.models.dcgan.dcgan_discriminator import DCGANDiscriminator
from keras_san.models.dcgan.dcgan_generator import DCGANGenerator

__all__ = ["DCGANDiscriminator", "DCGANGenerator", "dcgan_architecture"]
