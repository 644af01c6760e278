"""Registers biggan."""

from keras_san.models.biggan.biggan_discriminator import BigGANDiscriminator
from keras_san.models.biggan.biggan_generator import BigGANGenerator
from keras_san.models.biggan.biggan_tables import TABLES
from keras_san.models.registry import Architecture, register

register(
    Architecture(
        name="biggan",
        generator=BigGANGenerator,
        discriminator=BigGANDiscriminator,
        resolutions=tuple(TABLES),
        reference="Brock et al., ICLR 2019",
    )
)
