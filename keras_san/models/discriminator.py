"""A discriminator as trunk and head."""

import inspect

import keras

from keras_san.layers.san_head import SANHead


@keras.saving.register_keras_serializable(package="keras_san")
class Discriminator(keras.Model):
    """A discriminator in two parts: the trunk `h` makes features, the head scores them.

    A third, frozen part may stand in front of the trunk; it never learns, so that the training
    step runs it once for real and generated images.

    The architectures of the library and `keras_san.to_san` make discriminators of this kind. With
    a SAN head it can return the `(fun, dir)` pair that the SAN objective needs; with another
    layer as the head it is the discriminator of an ordinary GAN.

    Args:
        trunk: functional `keras.Model` of images, or of `[images, labels]`, to features, or to a
            list of them for a head such as `keras_san.models.ScaleHeads`.
        head: layer of features, of `[features, labels]` if it has `conditional = True`, or of
            `[features, images]` if it has `compares_images = True`, to scores.
        frozen: layer with an `image_shape`, of images to what the trunk takes in their place, or
            None. Defaults to `None`.
        **kwargs: of `keras.Model`.

    Call arguments:
        inputs: images `(batch, height, width, channels)` in `[-1, 1]`, or `[images, labels]` with
            integers `(batch,)`.
        training: bool.
        direction_pair: bool, whether to return `(fun, dir)` in place of one tensor.

    Returns:
        Scores, as the head shapes them, or the pair.

    Raises:
        ValueError: if a pair is asked of a head that has none, labels are missing, or the trunk has
            no input shape.

    Example:
    ```python
    import keras
    import keras_san

    trunk = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    discriminator = keras_san.models.Discriminator(trunk, keras_san.layers.SANDense(1))
    ```
    """

    def __init__(self, trunk, head, frozen=None, **kwargs):
        super().__init__(**kwargs)
        self.frozen = frozen
        self.trunk = trunk
        self.head = head
        shapes = _input_shapes(trunk)
        self.image_shape = tuple(shapes[0][1:] if frozen is None else frozen.image_shape)
        self.conditional_trunk = frozen is None and len(shapes) == 2
        self.conditional_head = bool(getattr(head, "conditional", False))
        self.conditional = self.conditional_trunk or self.conditional_head
        self.compares_images = bool(getattr(head, "compares_images", False))
        self.has_direction = bool(getattr(head, "has_direction", isinstance(head, SANHead)))
        self._head_trains = "training" in inspect.signature(head.call).parameters
        if not head.built:
            head.build(self._head_shapes(trunk.output_shape))
            head.built = True
        self.built = True

    def views(self, images):
        """What the trunk is given in the place of images: the frozen part's outputs, if any."""
        return images if self.frozen is None else self.frozen(images)

    def features(self, inputs, training=None, views=None):
        """The head's inputs: what the trunk makes of images or `[images, labels]`.

        `views` spares the frozen part its work where it was done before.
        """
        images, labels = self._split(inputs)
        views = self.views(images) if views is None else views
        inputs = [views, labels] if self.conditional_trunk else views
        features = self.trunk(inputs, training=training)
        return [features, images] if self.compares_images else features

    def score_features(self, features, labels=None, direction_pair=False, training=None):
        """Scores of features, or their `(fun, dir)` pair."""
        inputs = [features, labels] if self.conditional_head else features
        if not direction_pair:
            return self.head(inputs, **({"training": training} if self._head_trains else {}))
        if not self.has_direction:
            raise ValueError(
                f"The head of this discriminator is a {type(self.head).__name__}, which has no "
                "direction. Use a SAN head, or make one with `keras_san.to_san`."
            )
        return self.head(inputs, direction_pair=True)

    def call(self, inputs, training=None, direction_pair=False):
        """Scores of images; see the class."""
        _, labels = self._split(inputs)
        features = self.features(inputs, training)
        return self.score_features(features, labels, direction_pair, training)

    def _split(self, inputs):
        if not self.conditional:
            if isinstance(inputs, (list, tuple)):
                inputs = inputs[0]
            return inputs, None
        if not isinstance(inputs, (list, tuple)) or len(inputs) != 2:
            raise ValueError(
                "This discriminator is class-conditional: call it with `[images, labels]`. "
                f"Received: {inputs}"
            )
        return inputs

    def compute_output_shape(self, input_shape):
        """Shape of the scores."""
        batch = input_shape[0] if isinstance(input_shape[0], int | None) else input_shape[0][0]
        shapes = self.trunk.output_shape
        features = (
            [(batch, *shape[1:]) for shape in shapes]
            if isinstance(shapes, list)
            else (batch, *shapes[1:])
        )
        return self.head.compute_output_shape(self._head_shapes(features))

    def _head_shapes(self, features):
        """Shapes of what the head takes, from that of the features."""
        batch = features[0][0] if isinstance(features, list) else features[0]
        if self.compares_images:
            return [features, (batch, *self.image_shape)]
        return [features, (batch,)] if self.conditional_head else features

    def get_config(self):
        """The arguments of the constructor."""
        return {
            "name": self.name,
            "trunk": keras.saving.serialize_keras_object(self.trunk),
            "head": keras.saving.serialize_keras_object(self.head),
            "frozen": self.frozen and keras.saving.serialize_keras_object(self.frozen),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A discriminator from what `get_config` gave."""
        # The architectures make their parts of other arguments.
        config = config | {
            part: keras.saving.deserialize_keras_object(config[part], custom_objects)
            for part in ("trunk", "head", "frozen")
            if isinstance(config.get(part), dict)
        }
        return cls(**config)


def _input_shapes(model):
    if not hasattr(model, "input_shape"):
        raise ValueError(
            f"The trunk {model.name!r} must be a functional or sequential model of a known input: "
            "begin it with `keras.Input(image_shape)`."
        )
    shapes = model.input_shape
    return shapes if isinstance(shapes, list) else [shapes]
