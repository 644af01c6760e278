"""Extractors by name."""

from keras_san.metrics.extractors.cifar10_jpeg_probe import cifar10_jpeg_probe
from keras_san.metrics.extractors.classifiers import (
    cifar10_jpeg_classifier,
    fashion_mnist_classifier,
    mnist_classifier,
)
from keras_san.metrics.extractors.efficientnet_lite0 import efficientnet_lite0
from keras_san.metrics.extractors.extractor import Extractor
from keras_san.metrics.extractors.inception_v3 import inception_v3

_EXTRACTORS = {
    "effnetlite0": efficientnet_lite0,
    "mnistclassifier": mnist_classifier,
    "fashionmnistclassifier": fashion_mnist_classifier,
    "cifar10jpegclassifier": cifar10_jpeg_classifier,
    "cifar10jpegprobe": cifar10_jpeg_probe,
}
_loaded = {}


def get(extractor):
    """An extractor from its name, or the object itself.

    Use it where a user names the extractor; one of a name is loaded once a process.

    Args:
        extractor: `"effnetlite0"`, `"mnistclassifier"`, `"fashionmnistclassifier"`,
            `"cifar10jpegclassifier"`, `"cifar10jpegprobe"`, the path of an Inception weight file
            that ends in `.pth`, or an `Extractor`.

    Returns:
        `keras_san.metrics.Extractor`.

    Raises:
        ValueError: if there is none of that name.

    Example:

    ```python
    import keras_san

    assert keras_san.metrics.extractors.get("mnistclassifier").dimension == 128
    ```
    """
    if isinstance(extractor, Extractor):
        return extractor
    name = str(extractor)
    if name not in _loaded:
        if name.endswith(".pth"):
            _loaded[name] = inception_v3(name)
        elif name in _EXTRACTORS:
            _loaded[name] = _EXTRACTORS[name]()
        else:
            raise ValueError(
                f"Unknown extractor: {name!r}. Expected one of {', '.join(_EXTRACTORS)}, the "
                "path of an Inception weight file (.pth), or an Extractor of your own: see "
                "keras_san.metrics.extractors.from_keras."
            )
    return _loaded[name]
