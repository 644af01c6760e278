"""EfficientNet-Lite0 trained on ImageNet: the default extractor."""

from keras_san.features.efficientnet_lite0 import (
    IMAGE_SIZE,
    NAME,
    OFFSET,
    SCALE,
    checked_size,
    efficientnet_lite0_network,
)
from keras_san.features.shipped import full_precision, read_shipped
from keras_san.metrics.extractors.extractor import Extractor


def efficientnet_lite0(image_size=None):
    """EfficientNet-Lite0, 1,280 features: the default extractor, weights in the package.

    Use it for every measure of images that is not compared with published Inception numbers: it
    needs no download and is an eighth of Inception's work. Images are resized to 224 x 224 by an
    antialiased bicubic filter. The ImageNet logits serve inception-style scores. A smaller size is
    many times faster, gives other numbers, and so has another name.

    Args:
        image_size: int, a multiple of 32, the side that images are resized to. Defaults to
            `None`, 224.

    Returns:
        `keras_san.metrics.Extractor` named `"effnetlite0"`, or `"effnetlite0at64"` at 64.

    Raises:
        ValueError: if `image_size` is not a multiple of 32, or the weights were changed on disk.

    Example:

    ```python
    import keras_san

    extractor = keras_san.metrics.extractors.efficientnet_lite0()
    assert extractor.dimension == 1280
    ```

    Reference: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
    Networks", 2019; the Lite variants have ReLU6 and no squeeze-and-excitation.
    """
    size = checked_size(image_size)
    description, weights = read_shipped(NAME)
    with full_precision():
        network = efficientnet_lite0_network((size, size, 3))
    network.load_weights(weights)
    network.trainable = False
    name = "effnetlite0" if size == IMAGE_SIZE else f"effnetlite0at{size}"
    return Extractor(name, network, description["sha256"], offset=OFFSET, scale=SCALE)
