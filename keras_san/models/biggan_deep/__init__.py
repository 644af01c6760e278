"""BigGAN-deep, at 128, 256 and 512 pixels, and two small ones of the same blocks."""

from keras_san.models.biggan_deep import biggan_deep_architecture
from keras_san.models.biggan_deep.biggan_deep_discriminator import BigGANDeepDiscriminator
from keras_san.models.biggan_deep.biggan_deep_generator import BigGANDeepGenerator

__all__ = ["BigGANDeepDiscriminator", "BigGANDeepGenerator", "biggan_deep_architecture"]
