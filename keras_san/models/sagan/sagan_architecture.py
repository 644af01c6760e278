"""Registers sagan."""

from keras_san.models.registry import Architecture, register
from keras_san.models.sagan.sagan_discriminator import SAGANDiscriminator
from keras_san.models.sagan.sagan_generator import SAGANGenerator
from keras_san.models.sagan.sagan_tables import GENERATORS

register(
    Architecture(
        name="sagan",
        generator=SAGANGenerator,
        discriminator=SAGANDiscriminator,
        resolutions=tuple(GENERATORS),
        reference="Zhang et al., ICML 2019",
    )
)
