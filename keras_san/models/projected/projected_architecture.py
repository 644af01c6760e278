"""Registers the projected discriminator."""

from keras_san.models.dcgan.dcgan_generator import DCGANGenerator
from keras_san.models.projected.projected_discriminator import ProjectedDiscriminator
from keras_san.models.registry import Architecture, register

register(
    Architecture(
        name="projected",
        generator=DCGANGenerator,
        discriminator=ProjectedDiscriminator,
        resolutions=(32, 64, 128),
        reference="Sauer et al., NeurIPS 2021; Takida et al., ICLR 2024",
    )
)
