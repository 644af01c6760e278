"""Differentiable augmentation of what the discriminator sees."""

from keras_san.augment.adaptive_augment import AdaptiveAugment
from keras_san.augment.augmentation import Augmentation
from keras_san.augment.blur import Blur
from keras_san.augment.chain import Chain
from keras_san.augment.diff_augment import DiffAugment
from keras_san.augment.flip_and_shift import FlipAndShift
from keras_san.augment.instance_noise import InstanceNoise
from keras_san.augment.registry import get, names
from keras_san.augment.wrapped import Wrapped

__all__ = [
    "AdaptiveAugment",
    "Augmentation",
    "Blur",
    "Chain",
    "DiffAugment",
    "FlipAndShift",
    "InstanceNoise",
    "Wrapped",
    "get",
    "names",
]
