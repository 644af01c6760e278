"""The heads of a discriminator with several outputs as its one head."""

import keras

from keras_san.layers.san_head import SANHead


@keras.saving.register_keras_serializable(package="keras_san")
class ScaleHeads(keras.layers.Layer):
    """One head an output of the trunk: a discriminator that scores an image several times.

    Use it where a discriminator judges at several scales: give `keras_san.models.Discriminator` a
    trunk with a list of outputs, and this with as many heads. The objective is taken of each
    output by itself, as a mean over the batch and positions, and summed over the outputs.

    Args:
        heads: sequence of layers, all with a direction or none, all conditional or none.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: list of features, one a head, or `[features, labels]` for conditional heads.
        direction_pair: bool, whether each head returns `(fun, dir)`.
        training: bool.

    Returns:
        List of scores, one a head, or of pairs.

    Raises:
        ValueError: if there is no head, or the heads are of both kinds.

    Example:
    ```python
    import keras
    from keras_san.layers import SANConv2D
    from keras_san.models import Discriminator, ScaleHeads

    images = keras.Input((16, 16, 3))
    halved = keras.layers.Conv2D(4, 4, strides=2, activation="relu")(images)
    again = keras.layers.Conv2D(4, 4, strides=2, activation="relu")(halved)
    heads = ScaleHeads([SANConv2D(1, 2), SANConv2D(1, 2)])
    discriminator = Discriminator(keras.Model(images, [halved, again]), heads)
    ```

    Reference: Sauer et al., "Projected GANs Converge Faster", NeurIPS 2021, equation 4.
    """

    def __init__(self, heads, **kwargs):
        super().__init__(**kwargs)
        self.heads = list(heads)
        kinds = {(_has_direction(head), _conditional(head)) for head in self.heads}
        if len(kinds) != 1:
            raise ValueError(
                "Expected one head or more, all with a direction or none, all conditional or none. "
                f"Received: {[type(head).__name__ for head in self.heads]}"
            )
        ((self.has_direction, self.conditional),) = kinds

    def build(self, input_shape):
        """Builds each head on its features."""
        for head, shape in zip(self.heads, self._split(input_shape), strict=True):
            if not head.built:
                head.build(shape)
                head.built = True

    def _split(self, inputs):
        """What each head takes."""
        if not self.conditional:
            return inputs
        features, labels = inputs
        return [[one, labels] for one in features]

    def call(self, inputs, direction_pair=False, training=None):
        """The scores of all outputs; see the class."""
        if direction_pair:
            return [
                head(features, direction_pair=True)
                for head, features in zip(self.heads, self._split(inputs), strict=True)
            ]
        # What takes no `training` (a SAN head) is the same in both modes.
        return [
            head(features, **({"training": training} if head._call_has_training_arg else {}))
            for head, features in zip(self.heads, self._split(inputs), strict=True)
        ]

    def compute_output_shape(self, input_shape):
        """Shapes of the scores."""
        return [
            tuple(head.compute_output_shape(shape))
            for head, shape in zip(self.heads, self._split(input_shape), strict=True)
        ]

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "heads": [keras.saving.serialize_keras_object(head) for head in self.heads]
        }

    @classmethod
    def from_config(cls, config):
        """A layer from what `get_config` gave."""
        heads = map(keras.saving.deserialize_keras_object, config["heads"])
        return cls(**config | {"heads": heads})


def _has_direction(head):
    return bool(getattr(head, "has_direction", isinstance(head, SANHead)))


def _conditional(head):
    return bool(getattr(head, "conditional", False))
