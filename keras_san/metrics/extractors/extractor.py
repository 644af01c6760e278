"""The one interface of networks that measure images by their features."""

import keras
import numpy as np
from keras import ops

from keras_san import backend
from keras_san.features.preprocess import Preprocess
from keras_san.features.resize import RESIZES
from keras_san.metrics.checks import check_images


class Extractor:
    """A network from uint8 images to features, with what a protocol must say of it.

    Use the ready ones of `keras_san.metrics.extractors`, or wrap a network of your own with
    `from_keras`. Images may have any size, one channel or three; they are brought to the network's
    size and channels inside the compiled function, by the same arithmetic on every backend.
    Features of an image depend neither on the batch it comes in nor on its neighbours.

    Args:
        name: string, in the names of measures; letters, digits and no underscore read best.
        network: `keras.Model` from float images `(batch, height, width, channels)` to features
            `(batch, dimension)`, or to `[features, logits]`.
        sha256: string, the hash of the weights.
        input_shape: `(height, width, channels)` that the network is given. Defaults to `None`,
            the network's own input shape.
        resize: string, `"bicubic_antialiased"` (as Pillow) or `"bilinear_tensorflow1"` (as the
            published Inception scores). Defaults to `"bicubic_antialiased"`.
        offset: float, subtracted from the pixels 0 to 255. Defaults to `0.0`.
        scale: float, multiplied after that. Defaults to `1.0`.
        class_names: sequence of strings, of the logits. Defaults to `()`.

    Call arguments:
        images: uint8 array `(count, height, width, 1 or 3)`.
        batch_size: int. Defaults to `64`.

    Returns:
        float32 array `(count, dimension)`.

    Raises:
        ValueError: if the images are not such an array, or the network is not such a network.

    Example:

    ```python
    import keras_san
    import numpy as np

    extractor = keras_san.metrics.extractors.fashion_mnist_classifier()
    features = extractor(np.zeros((5, 32, 32, 3), "uint8"))
    assert features.shape == (5, extractor.dimension)
    ```
    """

    def __init__(
        self,
        name,
        network,
        sha256,
        input_shape=None,
        resize="bicubic_antialiased",
        offset=0.0,
        scale=1.0,
        class_names=(),
    ):
        if resize not in RESIZES:
            raise ValueError(
                f"resize must be one of {', '.join(map(repr, RESIZES))}. Received: {resize!r}."
            )
        self.name = name
        self.network = network
        self.sha256 = sha256
        self.input_shape = tuple(input_shape or network.input_shape[1:])
        is_fixed = len(self.input_shape) == 3 and None not in self.input_shape
        if not is_fixed or self.input_shape[2] not in (1, 3):
            raise ValueError(
                "An extractor's network takes images (height, width, 1 or 3) of a fixed size. "
                f"Received: {self.input_shape}. Pass input_shape."
            )
        self.resize = resize
        self.offset, self.scale = float(offset), float(scale)
        self.class_names = tuple(class_names)
        shapes = network.output_shape
        shapes = shapes if isinstance(shapes, list) else [shapes]
        if len(shapes) > 2 or any(len(shape) != 2 for shape in shapes):
            raise ValueError(
                "An extractor's network returns features (batch, dimension), or "
                f"[features, logits]. Received output shapes: {shapes}."
            )
        self.dimension = shapes[0][-1]
        self.num_classes = shapes[1][-1] if len(shapes) == 2 else 0
        # Of networks that the hash of the weights does not tell alone; part of a cache's key.
        self.architecture = ""
        self._compiled = {}

    @property
    def input(self):
        """What the network is given, in words: size, offset and scale."""
        return f"{self.input_shape}, (pixels - {self.offset:g}) * {self.scale:g}"

    def __call__(self, images, batch_size=64):
        """The features of images; see the class."""
        return self.outputs(images, batch_size)[0]

    def probabilities(self, images, batch_size=64):
        """Class probabilities of images.

        Args:
            images: uint8 array, as for the features.
            batch_size: int. Defaults to `64`.

        Returns:
            float32 array `(count, num_classes)`.

        Raises:
            ValueError: if the network has no classes.
        """
        if not self.num_classes:
            raise ValueError(
                f"The extractor {self.name!r} returns features only, no logits of classes. Use a "
                "classifier such as keras_san.metrics.extractors.mnist_classifier()."
            )
        return self.outputs(images, batch_size)[1]

    def outputs(self, images, batch_size=64):
        """Features and class probabilities of one pass.

        Args:
            images: uint8 array, as for the features.
            batch_size: int. Defaults to `64`.

        Returns:
            `(features, probabilities)`, the second `None` without classes.
        """
        images = check_images(images)
        if batch_size < 1:
            raise ValueError(f"batch_size must be positive. Received: {batch_size!r}.")
        function = self._function(images.shape[1:])
        count = len(images)
        results = []
        for start in range(0, count, batch_size):
            batch = images[start : start + batch_size]
            size = len(batch)
            if size < batch_size and count > batch_size:
                # One shape, one compilation.
                batch = np.concatenate([batch, np.repeat(batch[-1:], batch_size - size, 0)])
            with backend.exact_float32():
                outputs = function(ops.convert_to_tensor(batch))
            outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
            results.append([ops.convert_to_numpy(array)[:size] for array in outputs])
        arrays = [np.concatenate(parts).astype("float32") for parts in zip(*results, strict=True)]
        return (arrays[0], _softmax(arrays[1])) if len(arrays) == 2 else (arrays[0], None)

    def _function(self, image_shape):
        if image_shape not in self._compiled:
            inputs = keras.Input(image_shape, dtype="uint8")
            prepared = self.preprocess(image_shape)(inputs)
            self._compiled[image_shape] = backend.compiled(
                keras.Model(inputs, self.network(prepared, training=False))
            )
        return self._compiled[image_shape]

    def preprocess(self, image_shape):
        """The layer that brings images of a shape, values 0 to 255, to the network's input.

        Args:
            image_shape: `(height, width, channels)`.

        Returns:
            A `keras.layers.Layer`.
        """
        return Preprocess(
            image_shape, self.input_shape, self.resize, self.offset, self.scale, dtype="float32"
        )


def _softmax(logits):
    powers = np.exp(logits.astype("float64") - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype("float32")
