"""Registers biggan_deep."""

from keras_san.models.biggan_deep.biggan_deep_discriminator import BigGANDeepDiscriminator
from keras_san.models.biggan_deep.biggan_deep_generator import BigGANDeepGenerator
from keras_san.models.biggan_deep.biggan_deep_tables import GENERATORS
from keras_san.models.registry import Architecture, register

register(
    Architecture(
        name="biggan_deep",
        generator=BigGANDeepGenerator,
        discriminator=BigGANDeepDiscriminator,
        resolutions=tuple(GENERATORS),
        reference="Brock et al., ICLR 2019, appendix B; 32 and 64 pixels are our choice",
    )
)
