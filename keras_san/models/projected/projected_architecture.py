"""Registers the projected discriminator."""

from keras_san.models.fastgan.fastgan_channels import RESOLUTIONS
from keras_san.models.fastgan.fastgan_generator import FastGANGenerator
from keras_san.models.projected.projected_discriminator import ProjectedDiscriminator
from keras_san.models.registry import Architecture, register

register(
    Architecture(
        name="projected",
        generator=FastGANGenerator,
        discriminator=ProjectedDiscriminator,
        resolutions=RESOLUTIONS,
        reference="Sauer et al., NeurIPS 2021; Takida et al., ICLR 2024",
    )
)
