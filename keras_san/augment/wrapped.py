"""Keras layers and plain functions as augmentations."""

import keras

from keras_san.augment.augmentation import Augmentation

# Found by tests/augment/test_wrapped.py: no gradient arrives, or the layer fails when compiled.
_NO_GRADIENT = {
    "tensorflow": ("RandomSaturation", "RandomHue", "RandomColorJitter"),
    "jax": ("RandomElasticTransform",),
    "torch": (),
}
_NO_GRADIENT_ANYWHERE = ("RandomPosterization", "Equalization", "AugMix", "RandAugment")


@keras.saving.register_keras_serializable(package="keras_san")
class Wrapped(Augmentation):
    """A Keras augmentation layer, or a function of images, as an augmentation.

    `keras_san.augment.get` makes it of a layer or function. Layers of colour need
    `value_range=(-1, 1)`. The state of a layer's random numbers is saved with the model.

    Args:
        function: `keras.layers.Layer`, called with `training=True`, or a function of images.

    Raises:
        ValueError: if no gradient passes through the layer on this backend, or it is none of
            Keras's own three-backend layers.

    Example:
    ```python
    import keras
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile(augment=keras.layers.RandomFlip("horizontal"))
    ```
    """

    def __init__(self, function):
        if not callable(function):
            raise ValueError(f"Expected a layer or a function of images. Received: {function!r}")
        _check_gradient(function)
        self.function = function

    @property
    def variables(self):
        """The variables of the layer."""
        return list(getattr(self.function, "variables", ()))

    def __call__(self, images, seed=None):
        """Augmented images; a layer draws its own random numbers."""
        if isinstance(self.function, keras.layers.Layer):
            # A copy: on PyTorch some layers write into what they are given.
            return self.function(images + 0.0, training=True)
        return self.function(images)

    def get_config(self):
        """The arguments of the constructor."""
        return {"function": keras.saving.serialize_keras_object(self.function)}

    @classmethod
    def from_config(cls, config):
        """An augmentation from what `get_config` gave."""
        return cls(keras.saving.deserialize_keras_object(config["function"]))


def _check_gradient(function):
    name, module = type(function).__name__, type(function).__module__
    if module.startswith("keras_cv"):
        raise ValueError(
            f"{name} is a layer of KerasCV, which runs in a `tf.data` pipeline only: map it over "
            "the images before `fit`, or give a layer of `keras.layers`."
        )
    backend = keras.backend.backend()
    refused = (*_NO_GRADIENT[backend], *_NO_GRADIENT_ANYWHERE)
    if module.startswith("keras.") and name in refused:
        raise ValueError(
            f"No gradient passes through `keras.layers.{name}` in a compiled step on {backend}, so "
            "the generator would not learn. Give another layer, or "
            "`keras_san.augment.AdaptiveAugment`, which holds the same transformations."
        )
    layers = [*getattr(function, "layers", ())]
    if isinstance(function, keras.layers.Layer):
        layers += function._flatten_layers(include_self=False)
    for layer in layers:
        _check_gradient(layer)
