"""Projected discriminator: on the features of a frozen network, for the FastGAN generator."""

from keras_san.models.projected import projected_architecture
from keras_san.models.projected.projected_discriminator import ProjectedDiscriminator

__all__ = ["ProjectedDiscriminator", "projected_architecture"]
