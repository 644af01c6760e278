"""Class-conditional SAN head."""

import math

import keras
from keras import ops

from keras_san.layers.san_head import SANHead


@keras.saving.register_keras_serializable(package="keras_san")
class SANProjection(SANHead):
    """The class-conditional last layer of a discriminator, one unit direction a class.

    Use it where a conditional discriminator had a projection head or a row a class.

    Formula:
    ```
    shared=False:  output = <direction[y], h> * scale[y],  direction[y] = w_y / ||w_y||
    shared=True:   output = <direction[y], h> * scale[y],  direction[y] = (w + w_y) / ||w + w_y||
    ```
    Without the shared direction the scale starts at `||w_y|| / sqrt(features)`, as in StyleSAN-XL:
    rows drawn with deviation one give a scale near one whatever the number of features. With it
    the head starts equal to the projection discriminator `<w, h> + <w_y, h>`. The sphere of the
    shared form is a joint one: all rows are divided by one number, which leaves every direction
    where it is and keeps the root mean square of `||w + w_y||` at one.

    Args:
        num_classes: int, number of classes.
        shared: bool, whether a direction common to all classes is added. Defaults to `False`.
        embeddings_initializer: draws the rows (and the shared direction). Defaults to a normal
            distribution of deviation one, or of `1 / sqrt(features)` with `shared=True`.
        **kwargs: `normalize`, `stop_gradient` and `scale_unit` (see `keras_san.layers.SANHead`),
            and those of `keras.layers.Layer`.

    Call arguments:
        inputs: list `[features, labels]`: tensor `(batch, features)` and tensor of integers
            `(batch,)` or `(batch, 1)` in `[0, num_classes)`.
        direction_pair: bool, whether to return `(fun, dir)` in place of one tensor.

    Returns:
        Tensor `(batch, 1)` of float32, or a pair of them.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import SANProjection

    features, labels = np.ones((2, 8), "float32"), np.array([3, 7])
    score = SANProjection(10)([features, labels])  # (2, 1)
    ```

    Reference: Takida et al., "SAN", ICLR 2024; Sauer et al., "StyleGAN-XL", 2022; Miyato and
    Koyama, "cGANs with projection discriminator", ICLR 2018, equation 3.
    """

    conditional = True

    def __init__(self, num_classes, shared=False, embeddings_initializer=None, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(num_classes, int) or num_classes < 1:
            raise ValueError(
                f"`num_classes` must be a positive integer. Received: num_classes={num_classes!r}"
            )
        self.num_classes = num_classes
        self.shared = shared
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)

    def build(self, input_shape):
        """Creates embeddings, with `shared` one row more in front, and scale `(classes, 1)`."""
        features = input_shape[0][-1]
        if self.shared:
            self._build_shared(features)
            return
        initializer = self.embeddings_initializer or keras.initializers.RandomNormal(stddev=1.0)
        self.embeddings, self.scale = self._add_direction(
            "embeddings",
            (self.num_classes, features),
            (self.num_classes, 1),
            1,
            initializer,
            factor=1.0 / math.sqrt(features),
        )

    def _build_shared(self, features):
        base = self.embeddings_initializer or keras.initializers.RandomNormal(
            stddev=1.0 / math.sqrt(features)
        )
        shape = (self.num_classes + 1, features)
        joint = JointUnitSphere()
        unit = self._set_unit(features)

        def scales(shape_, dtype=None):
            rows = base(shape, dtype=dtype)
            norms = ops.sqrt(ops.sum(ops.square(rows[:1] + rows[1:]), axis=1, keepdims=True))
            return (norms if self.normalize else ops.ones_like(norms)) / unit

        self.embeddings = self.add_weight(
            name="embeddings",
            shape=shape,
            initializer=(lambda shape_, dtype=None: joint(base(shape_, dtype=dtype)))
            if self.normalize
            else base,
            constraint=joint if self.normalize else None,
        )
        self.scale = self.add_weight(name="scale", shape=(self.num_classes, 1), initializer=scales)

    def class_directions(self):
        """Unit direction of every class, tensor `(num_classes, features)`."""
        rows = self.embeddings
        if self.shared:
            rows = rows[:1] + rows[1:]
        return self._normalized(rows, axis=1)

    def call(self, inputs, direction_pair=False):
        """Scores of `[features, labels]`; see the class."""
        features, labels = inputs
        labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
        direction = ops.take(self.class_directions(), labels, axis=0)
        scale = ops.take(self.scales(), labels, axis=0)
        return self._output(_row_product, features, direction, scale, direction_pair)

    def compute_output_shape(self, input_shape):
        """Shape of the output, or of each tensor of the pair."""
        return (input_shape[0][0], 1)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "num_classes": self.num_classes,
            "shared": self.shared,
            "embeddings_initializer": keras.initializers.serialize(self.embeddings_initializer)
            if self.embeddings_initializer
            else None,
        }


@keras.saving.register_keras_serializable(package="keras_san")
class JointUnitSphere(keras.constraints.Constraint):
    """Divides `[w, w_1, ..., w_n]` by the root mean square of the norms of `w + w_y`.

    One number for all rows: no direction `w + w_y` turns, and their mean square norm is one.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import JointUnitSphere

    JointUnitSphere()(np.array([[1.0, 0.0], [1.0, 0.0]]))  # [[0.5, 0.0], [0.5, 0.0]]
    ```
    """

    def __call__(self, w):
        """Returns the rescaled rows."""
        w = ops.convert_to_tensor(w)
        mean_square = ops.mean(ops.sum(ops.square(w[:1] + w[1:]), axis=1))
        return w / ops.sqrt(ops.maximum(mean_square, 1e-24))


def _row_product(features, directions):
    return ops.sum(features * directions, axis=-1, keepdims=True)
