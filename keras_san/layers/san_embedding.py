"""Class directions on the unit sphere."""

import keras
from keras import ops

from keras_san.layers.san_head import SANHead


@keras.saving.register_keras_serializable(package="keras_san")
class SANEmbedding(SANHead):
    """One direction a class: an embedding whose every row lies on the unit sphere.

    Use it to build a class-conditional head of your own; `keras_san.layers.SANProjection` is the
    ready one.

    Formula:
    ```
    output = embeddings[label] / ||embeddings[label]|| * scale[label]
    ```

    Args:
        num_classes: int, number of rows.
        features: int, length of a row.
        embeddings_initializer: draws the rows whose directions and norms the layer starts from.
            Defaults to a normal distribution of deviation one.
        **kwargs: `normalize`, `stop_gradient` and `scale_unit` (see `keras_san.layers.SANHead`),
            and those of `keras.layers.Layer`.

    Call arguments:
        labels: tensor of integers `(...)` in `[0, num_classes)`.
        direction_pair: bool, whether to return `(fun, dir)`: rows of the same value of which the
            first gives no gradient to the direction and the second none to the scale.

    Returns:
        Tensor `(..., features)` of float32, or a pair of them.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import SANEmbedding

    rows = SANEmbedding(10, 64)(np.array([3, 7]))  # (2, 64)
    ```

    Reference: Takida et al., "SAN", ICLR 2024, as in StyleSAN-XL's class-conditional head.
    """

    def __init__(self, num_classes, features, embeddings_initializer=None, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("num_classes", num_classes), ("features", features)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {value!r}")
        self.num_classes = num_classes
        self.features = features
        self.embeddings_initializer = keras.initializers.get(
            embeddings_initializer or keras.initializers.RandomNormal(stddev=1.0)
        )

    def build(self, input_shape):
        """Creates embeddings `(num_classes, features)` and scale `(num_classes, 1)`."""
        self.embeddings, self.scale = self._add_direction(
            "embeddings",
            (self.num_classes, self.features),
            (self.num_classes, 1),
            1,
            self.embeddings_initializer,
        )

    def call(self, labels, direction_pair=False):
        """Rows of `labels`; see the class."""
        labels = ops.cast(labels, "int32")
        direction = self._normalized(ops.take(self.embeddings, labels, axis=0), axis=-1)
        scale = ops.take(self.scales(), labels, axis=0)
        if not direction_pair:
            return direction * scale
        detach = ops.stop_gradient if self.stop_gradient else (lambda tensor: tensor)
        return detach(direction) * scale, direction * detach(scale)

    def compute_output_shape(self, input_shape):
        """Shape of the output, or of each tensor of the pair."""
        return (*input_shape, self.features)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "num_classes": self.num_classes,
            "features": self.features,
            "embeddings_initializer": keras.initializers.serialize(self.embeddings_initializer),
        }
