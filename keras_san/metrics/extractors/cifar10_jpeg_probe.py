"""A linear probe on EfficientNet-Lite0: the classes of CIFAR-10, re-encoded as JPEG."""

import keras
from keras import layers

from keras_san.features.efficientnet_lite0 import NAME as TRUNK
from keras_san.features.efficientnet_lite0 import (
    OFFSET,
    SCALE,
    efficientnet_lite0_network,
)
from keras_san.features.shipped import full_precision, read_shipped
from keras_san.metrics.extractors.extractor import Extractor

NAME = "cifar10_jpeg_probe"


def probe_network(num_features, num_classes):
    """The probe: features to logits, one linear layer."""
    features = keras.Input((num_features,))
    return keras.Model(features, layers.Dense(num_classes, name="logits")(features), name="probe")


def cifar10_jpeg_probe():
    """The linear classifier of `cifar10_jpeg` that comes with the package.

    Use it for the class fidelity of conditional models of that set: CIFAR-10 whose images went
    through a JPEG encoder, quality about 75. Its features are those of EfficientNet-Lite0 at the
    size, and its accuracy the one, on its card.

    Returns:
        `keras_san.metrics.Extractor` of 1,280 features and 10 classes.

    Raises:
        ValueError: if weights were changed on disk, or the probe belongs to others.

    Example:

    ```python
    import keras_san

    probe = keras_san.metrics.extractors.cifar10_jpeg_probe()
    assert probe.class_names[3] == "cat"
    ```

    Reference: Alain and Bengio, "Understanding Intermediate Layers Using Linear Classifier
    Probes", 2016.
    """
    description, weights = read_shipped(NAME)
    trunk_description, trunk_weights = read_shipped(TRUNK)
    if trunk_description["sha256"] != description["trunk_sha256"]:
        raise ValueError(
            f"The probe was trained on the features of {description['trunk_sha256']}, but the "
            f"trunk that is here is {trunk_description['sha256']}. Install keras-san again."
        )
    size = description["image_size"]
    with full_precision():
        trunk = efficientnet_lite0_network((size, size, 3))
    trunk.load_weights(trunk_weights)
    features = trunk.get_layer("features").output
    with full_precision():
        probe = probe_network(features.shape[-1], len(description["classes"]))
    probe.load_weights(weights)
    network = keras.Model(trunk.input, [features, probe(features)], name=NAME)
    network.trainable = False
    return Extractor(
        NAME.replace("_", ""),
        network,
        description["sha256"],
        offset=OFFSET,
        scale=SCALE,
        class_names=description["classes"],
    )
