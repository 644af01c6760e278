"""Augmentations one after the other."""

import keras

from keras_san.augment.augmentation import Augmentation


@keras.saving.register_keras_serializable(package="keras_san")
class Chain(Augmentation):
    """Several augmentations, one after the other; `keras_san.augment.get` makes it of a list.

    Args:
        augmentations: sequence of `keras_san.augment.Augmentation`.

    Example:
    ```python
    from keras_san.augment import Chain, DiffAugment, InstanceNoise

    both = Chain([DiffAugment("translation"), InstanceNoise(0.05)])
    ```
    """

    def __init__(self, augmentations):
        self.augmentations = tuple(augmentations)
        self.parts = 1
        self.log_names = tuple(name for part in self.augmentations for name in part.log_names)

    @property
    def parts(self):
        """In how many parts an update sees its batch."""
        return self._parts

    @parts.setter
    def parts(self, count):
        self._parts = count
        for part in self.augmentations:
            part.parts = count

    @property
    def variables(self):
        """The state of all."""
        return [variable for part in self.augmentations for variable in part.variables]

    def __call__(self, images, seed=None):
        """Augmented images."""
        for augmentation in self.augmentations:
            images = augmentation(images, seed=seed)
        return images

    def observe(self, real_score):
        """Moves the state of all; a dict for the logs."""
        logs = {}
        for augmentation in self.augmentations:
            logs |= augmentation.observe(real_score)
        return logs

    def get_config(self):
        """The arguments of the constructor."""
        return {
            "augmentations": [
                keras.saving.serialize_keras_object(part) for part in self.augmentations
            ]
        }

    @classmethod
    def from_config(cls, config):
        """A chain from what `get_config` gave."""
        return cls(map(keras.saving.deserialize_keras_object, config["augmentations"]))
