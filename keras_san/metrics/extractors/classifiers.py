"""The small classifiers that were trained on one data set each, as extractors."""

from keras_san.features.grey_classifier import grey_classifier_network
from keras_san.features.residual_classifier import residual_classifier_network
from keras_san.features.shipped import full_precision, read_shipped
from keras_san.metrics.extractors.extractor import Extractor


def _classifier(name, make_network):
    description, weights = read_shipped(name)
    with full_precision():
        network = make_network(len(description["classes"]))
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
    return _classifier("mnist_classifier", grey_classifier_network)


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
    return _classifier("fashion_mnist_classifier", grey_classifier_network)


def cifar10_jpeg_classifier():
    """The residual classifier of `cifar10_jpeg` that comes with the package.

    Use it to judge models that were trained with the help of ImageNet features, such as the
    projected ones: it was trained from scratch on that set alone (CIFAR-10 whose images went
    through a JPEG encoder), so no discriminator has seen its features. Its accuracy is on its card.

    Returns:
        `keras_san.metrics.Extractor` of 192 features and 10 classes.

    Example:

    ```python
    import keras_san
    import numpy as np

    classifier = keras_san.metrics.extractors.cifar10_jpeg_classifier()
    classifier(np.zeros((2, 32, 32, 3), "uint8")).shape  # (2, 192)
    ```
    """
    return _classifier("cifar10_jpeg_classifier", residual_classifier_network)
