"""SAGAN: residual networks with self-attention, at 64 and 128 pixels."""

from keras_san.models.sagan import sagan_architecture
from keras_san.models.sagan.sagan_discriminator import SAGANDiscriminator
from keras_san.models.sagan.sagan_generator import SAGANGenerator

__all__ = ["SAGANDiscriminator", "SAGANGenerator", "sagan_architecture"]
