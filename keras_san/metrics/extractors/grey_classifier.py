"""The small classifiers of grey images as extractors."""

from keras_san.features.grey_classifier import grey_classifier_network
from keras_san.features.shipped import read_shipped
from keras_san.metrics.extractors.extractor import Extractor


def _grey_classifier(name):
    description, weights = read_shipped(name)
    network = grey_classifier_network(len(description["classes"]))
    network.load_weights(weights)
    return Extractor(
        name.replace("_", ""),
        network,
        sha256=description["sha256"],
        scale=1.0 / 255.0,
        class_names=description["classes"],
    )


def mnist_classifier():
    """The classifier of handwritten digits that comes with the package.

    Use it to see whether a conditional model of MNIST draws the digit it was asked for
    (`class_fidelity`), and for scores of MNIST images in features that know digits. Images of any
    size are brought to 28 x 28; colour becomes grey. Its accuracy is on its card.

    Returns:
        `keras_san.metrics.Extractor` of 128 features and 10 classes.

    Example:

    ```python
    import keras_san
    import numpy as np

    classifier = keras_san.metrics.extractors.mnist_classifier()
    classifier(np.zeros((2, 32, 32, 1), "uint8")).shape  # (2, 128)
    ```
    """
    return _grey_classifier("mnist_classifier")


def fashion_mnist_classifier():
    """The classifier of Fashion-MNIST garments that comes with the package.

    Use it as `mnist_classifier`.

    Returns:
        `keras_san.metrics.Extractor` of 128 features and 10 classes.

    Example:

    ```python
    import keras_san

    classifier = keras_san.metrics.extractors.fashion_mnist_classifier()
    images = keras_san.data.sample(batch_size=8)[0][0]
    classifier.probabilities(images).argmax(axis=1)  # labels
    ```
    """
    return _grey_classifier("fashion_mnist_classifier")
