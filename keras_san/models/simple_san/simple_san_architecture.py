"""Registers simple_san."""

from keras_san.models.registry import Architecture, register
from keras_san.models.simple_san.simple_san_discriminator import SimpleSANDiscriminator
from keras_san.models.simple_san.simple_san_generator import SimpleSANGenerator

register(
    Architecture(
        name="simple_san",
        generator=SimpleSANGenerator,
        discriminator=SimpleSANDiscriminator,
        resolutions=(28,),
        reference="Takida et al., ICLR 2024, the authors' MNIST example",
    )
)
