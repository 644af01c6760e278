"""Penalties on the discriminator, added to its loss."""

from keras_san.penalties.gradient_penalty import GradientPenalty
from keras_san.penalties.penalty import Penalty
from keras_san.penalties.r1 import R1

__all__ = ["GradientPenalty", "Penalty", "R1"]
