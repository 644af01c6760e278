"""BigGAN, at 32 (CIFAR), 128 and 256 pixels."""

from keras_san.models.biggan import biggan_architecture
from keras_san.models.biggan.biggan_discriminator import BigGANDiscriminator
from keras_san.models.biggan.biggan_generator import BigGANGenerator

__all__ = ["BigGANDiscriminator", "BigGANGenerator", "biggan_architecture"]
