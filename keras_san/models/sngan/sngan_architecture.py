"""Registers sngan."""

from keras_san.models.registry import Architecture, register
from keras_san.models.sngan.sngan_discriminator import SNGANDiscriminator
from keras_san.models.sngan.sngan_generator import SNGANGenerator
from keras_san.models.sngan.sngan_tables import GENERATORS

register(
    Architecture(
        name="sngan",
        generator=SNGANGenerator,
        discriminator=SNGANDiscriminator,
        resolutions=tuple(GENERATORS),
        reference="Miyato et al., ICLR 2018, residual networks",
    )
)
