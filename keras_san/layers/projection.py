"""Class-conditional head of the ordinary GAN."""

import math

import keras
from keras import ops

from keras_san.layers.spectral_normalization import spectral_norm
from keras_san.layers.unit_sphere import UnitDirection, direction_norm


@keras.saving.register_keras_serializable(package="keras_san")
class Projection(keras.layers.Layer):
    """Projection head of an ordinary conditional discriminator: the ablation of `SANProjection`.

    Formula:
    ```
    shared=True:   output = <w, h> + b + <w_y, h>
    shared=False:  output = <w_y, h>
    ```

    Args:
        num_classes: int, number of classes.
        shared: bool, whether the unconditional term is added. Defaults to `True`.
        use_bias: bool, whether the unconditional term has a bias. Defaults to `True`.
        embeddings_initializer: draws the rows. Defaults to a normal distribution of deviation
            `1 / sqrt(features)`.
        spectral_normalization: bool, whether kernel and rows are each divided by their largest
            singular value, as in SNGAN and BigGAN. Defaults to `False`.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: list `[features, labels]`: tensor `(batch, features)` and tensor of integers
            `(batch,)` or `(batch, 1)` in `[0, num_classes)`.
        training: bool, whether the power iteration moves on.

    Returns:
        Tensor `(batch, 1)`.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import Projection

    features, labels = np.ones((2, 8), "float32"), np.array([3, 7])
    score = Projection(10)([features, labels])  # (2, 1)
    ```

    Reference: Miyato and Koyama, "cGANs with projection discriminator", ICLR 2018, equation 3.
    """

    conditional = True

    def __init__(
        self,
        num_classes,
        shared=True,
        use_bias=True,
        embeddings_initializer=None,
        spectral_normalization=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not isinstance(num_classes, int) or num_classes < 1:
            raise ValueError(
                f"`num_classes` must be a positive integer. Received: num_classes={num_classes!r}"
            )
        self.num_classes = num_classes
        self.shared = shared
        self.use_bias = use_bias
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)
        self.spectral_normalization = spectral_normalization

    def build(self, input_shape):
        """Creates embeddings `(classes, features)` and, with `shared`, kernel and bias."""
        features = input_shape[0][-1]
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.num_classes, features),
            initializer=self.embeddings_initializer
            or keras.initializers.RandomNormal(stddev=1.0 / math.sqrt(features)),
            # The power iteration reads them in full precision.
            autocast=False,
        )
        if self.spectral_normalization:
            self.vector = self.add_weight(
                name="vector",
                shape=(self.num_classes,),
                initializer=UnitDirection(keras.initializers.RandomNormal(stddev=1.0), axis=0),
                trainable=False,
                autocast=False,
            )
        self.kernel = self.bias = None
        if self.shared:
            self.kernel = self.add_weight(name="kernel", shape=(features, 1), autocast=False)
            if self.use_bias:
                self.bias = self.add_weight(name="bias", shape=(1,), initializer="zeros")

    def class_directions(self):
        """Unit direction of every class, tensor `(num_classes, features)`."""
        rows, kernel = self._weights(training=False)
        rows = ops.cast(rows, "float32")
        if kernel is not None:
            rows = rows + ops.transpose(ops.cast(kernel, "float32"))
        return rows / ops.maximum(ops.norm(rows, axis=1, keepdims=True), 1e-12)

    def _weights(self, training):
        """Rows and kernel as the scores use them."""
        if not self.spectral_normalization:
            return self.embeddings, self.kernel
        rows = ops.convert_to_tensor(self.embeddings)
        rows = rows / spectral_norm(rows, self.vector, 1 if training else 0)
        if self.kernel is None:
            return rows, None
        # A single column: its norm is its only singular value.
        return rows, ops.convert_to_tensor(self.kernel) / direction_norm(self.kernel, axis=0)

    def call(self, inputs, training=None):
        """Scores of `[features, labels]`; see the class."""
        features, labels = inputs
        labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
        rows, kernel = self._weights(training)
        rows = ops.cast(ops.take(rows, labels, axis=0), features.dtype)
        score = ops.sum(features * rows, axis=-1, keepdims=True)
        if kernel is not None:
            score = score + ops.matmul(features, ops.cast(kernel, features.dtype))
        return score if self.bias is None else score + self.bias

    def compute_output_shape(self, input_shape):
        """Shape of the scores."""
        return (input_shape[0][0], 1)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "num_classes": self.num_classes,
            "shared": self.shared,
            "use_bias": self.use_bias,
            "embeddings_initializer": keras.initializers.serialize(self.embeddings_initializer)
            if self.embeddings_initializer
            else None,
            "spectral_normalization": self.spectral_normalization,
        }
