"""FastGAN: the generator that learns from few images."""

from keras_san.models.fastgan.fastgan_generator import FastGANGenerator

__all__ = ["FastGANGenerator"]
