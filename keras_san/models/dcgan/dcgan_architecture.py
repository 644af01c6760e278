"""Registers DCGAN."""

from keras_san.models.dcgan.dcgan_discriminator import DCGANDiscriminator
from keras_san.models.dcgan.dcgan_generator import DCGANGenerator
from keras_san.models.registry import Architecture, register

register(
    Architecture(
        name="dcgan",
        generator=DCGANGenerator,
        discriminator=DCGANDiscriminator,
        resolutions=(32, 64, 128),
        reference="Radford et al., ICLR 2016; Miyato et al., ICLR 2018",
    )
)
