"""Class-conditional scores of every position of a map."""

import keras
from keras import ops

from keras_san.layers.alike_rows import AlikeRows
from keras_san.layers.san_embedding import SANEmbedding


@keras.saving.register_keras_serializable(package="keras_san")
class ClassMapHead(keras.layers.Layer):
    """The class's row times the features at every position, over the root of their number.

    With `head="san"` the row is a unit direction times a scale (`SANEmbedding`), with `"dense"` a
    plain embedding.

    Args:
        num_classes: int.
        head: `"san"` or `"dense"`.
        alike: bool, whether the rows of all classes begin as one. Defaults to `False`.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: list `[features, labels]`, `(batch, height, width, channels)` and integers
            `(batch,)`.
        direction_pair: bool, whether to return `(fun, dir)`; with `"san"` only.

    Returns:
        Tensor `(batch, height, width, 1)` of float32, or a pair of them.

    Reference: the conditional discriminator of StyleSAN-XL (Takida et al., "SAN", ICLR 2024).
    """

    conditional = True

    def __init__(self, num_classes, head="san", alike=False, **kwargs):
        policy = keras.dtype_policies.get(kwargs.pop("dtype", None) or keras.config.dtype_policy())
        super().__init__(dtype=policy.variable_dtype, **kwargs)
        self.num_classes = num_classes
        self.head = head
        self.alike = alike
        self.has_direction = head == "san"

    def build(self, input_shape):
        """Makes the rows, drawn with deviation one."""
        features = input_shape[0][-1]
        normal = keras.initializers.RandomNormal(stddev=1.0)
        normal = AlikeRows(normal) if self.alike else normal
        if self.has_direction:
            self.rows = SANEmbedding(self.num_classes, features, normal, name="rows")
        else:
            self.rows = keras.layers.Embedding(
                self.num_classes, features, normal, dtype=self.dtype_policy, name="rows"
            )
        self.rows.build((input_shape[0][0],))
        self.factor = features**-0.5

    def class_directions(self):
        """Unit direction of every class, tensor `(num_classes, features)`."""
        rows = ops.convert_to_tensor(self.rows.embeddings)
        return rows / ops.maximum(ops.norm(rows, axis=1, keepdims=True), 1e-12)

    def call(self, inputs, direction_pair=False):
        """Scores of every position; see the class."""
        features, labels = inputs
        labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
        if not direction_pair:
            return self._product(features, self.rows(labels))
        fun, direction = self.rows(labels, direction_pair=True)
        detached = ops.stop_gradient(features)
        return self._product(features, fun), self._product(detached, direction)

    def _product(self, features, rows):
        rows = ops.expand_dims(ops.expand_dims(rows, 1), 1)
        return ops.sum(features * rows, axis=-1, keepdims=True) * self.factor

    def compute_output_shape(self, input_shape):
        """Shape of the scores."""
        return (*input_shape[0][:-1], 1)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "num_classes": self.num_classes,
            "head": self.head,
            "alike": self.alike,
        }
