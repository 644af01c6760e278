"""The pair of the SAN authors' MNIST example, at 28 pixels."""

from keras_san.models.simple_san import simple_san_architecture
from keras_san.models.simple_san.simple_san_discriminator import SimpleSANDiscriminator
from keras_san.models.simple_san.simple_san_generator import SimpleSANGenerator

__all__ = ["SimpleSANDiscriminator", "SimpleSANGenerator", "simple_san_architecture"]
