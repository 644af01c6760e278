"""Networks that turn images into features, in Keras: the same numbers on every backend."""

from keras_san.features.efficientnet_lite0 import efficientnet_lite0_maps
from keras_san.metrics.extractors.cifar10_jpeg_probe import cifar10_jpeg_probe
from keras_san.metrics.extractors.classifiers import (
    cifar10_jpeg_classifier,
    fashion_mnist_classifier,
    mnist_classifier,
)
from keras_san.metrics.extractors.efficientnet_lite0 import efficientnet_lite0
from keras_san.metrics.extractors.extractor import Extractor
from keras_san.metrics.extractors.from_keras import from_keras
from keras_san.metrics.extractors.inception_v3 import inception_v3
from keras_san.metrics.extractors.registry import get

__all__ = [
    "Extractor",
    "cifar10_jpeg_classifier",
    "cifar10_jpeg_probe",
    "efficientnet_lite0",
    "efficientnet_lite0_maps",
    "fashion_mnist_classifier",
    "from_keras",
    "get",
    "inception_v3",
    "mnist_classifier",
]
