"""How a model becomes a file and comes back."""

import keras
import numpy as np

from keras_san.models.freeze import freeze_discriminator_layers
from keras_san.models.optimizer_pair import optimizer_config
from keras_san.sampling.truncation_statistics import TruncationStatistics

_PLAYERS = ("generator", "discriminator")


def _flags(network):
    """Which layers are trainable, in their order; None where all are, as configs leave it out."""
    flags = [layer.trainable for layer in _own_layers(network)]
    return None if all(flags) else flags


def _set_flags(network, flags):
    for layer, flag in zip(_own_layers(network), flags or (), strict=False):
        # An outer layer's flag goes to all inside, whose own come after it.
        layer.trainable = flag


def _own_layers(network):
    """All layers but those of the frozen part, which never learn."""
    frozen = getattr(network, "frozen", None)
    others = set() if frozen is None else set(map(id, frozen._flatten_layers()))
    return [layer for layer in network._flatten_layers() if id(layer) not in others]


class Saving:
    """The part of `keras_san.SANModel` that saves: presets, and the configs of `.keras` files."""

    # False of a preset whose discriminator was left out, until it is trained.
    discriminator_is_loaded = True

    @classmethod
    def from_preset(cls, preset, **kwargs):
        """A model with trained weights; see `keras_san.presets.load_preset`.

        Args:
            preset: built-in name, folder, run folder, or `hf://owner/name`.
            **kwargs: of `keras_san.presets.load_preset`.

        Example:
        ```python
        import keras_san

        model = keras_san.SANModel.from_preset("dcgan_fashion_mnist_32")
        images = model.generate(16, seed=0)
        ```
        """
        from keras_san.presets import load_preset

        return load_preset(preset, **kwargs)

    def save_preset(self, folder, **kwargs):
        """Writes weights, config and card to a folder; see `keras_san.presets.save_preset`."""
        from keras_san.presets import save_preset

        return save_preset(self, folder, **kwargs)

    def save_own_variables(self, store):
        """Stores the images seen and, which Keras leaves out, the states of all random seeds.

        With them the generator's `truncation_statistics`, if it has some.
        """
        store["images_seen"] = self.images_seen
        if self.truncation_statistics is not None:
            for name, array in self.truncation_statistics.arrays().items():
                store[f"truncation_{name}"] = array
        for index, state in enumerate(self._seed_states()):
            store[f"seed_{index}"] = state

    def load_own_variables(self, store):
        """Loads what `save_own_variables` stored."""
        self.images_seen.assign(store["images_seen"])
        for index, state in enumerate(self._seed_states()):
            if f"seed_{index}" in store.keys():
                state.assign(store[f"seed_{index}"])
        arrays = {name: store[name] for name in store.keys() if name.startswith("truncation_")}
        if arrays:
            self.truncation_statistics = TruncationStatistics.from_arrays(
                {name.removeprefix("truncation_"): np.asarray(a) for name, a in arrays.items()}
            )

    @property
    def state_variables(self):
        """What a checkpoint must hold of the model: all but the weights of frozen networks."""
        frozen = {id(variable) for variable in self._frozen_variables()}
        return [variable for variable in self.variables if id(variable) not in frozen]

    def _frozen_variables(self):
        """Variables that no file holds: their networks are found by name and hash."""
        parts = [getattr(self.discriminator, "frozen", None), self.objective_state]
        parts = [part for part in parts if part is not None]
        saved = {id(weight) for part in parts for weight in part.weights}
        variables = [variable for part in parts for variable in part.variables]
        return [variable for variable in variables if id(variable) not in saved]

    def _seed_states(self):
        weights = {id(weight) for weight in self.weights}
        return [variable for variable in self.state_variables if id(variable) not in weights]

    def get_config(self):
        """The arguments of the constructor."""
        return {
            "name": self.name,
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "latent_dim": self.latent_dim,
            "num_classes": self.num_classes,
            "discriminator_steps": self.discriminator_steps,
            "direction_weight": self.direction_weight,
            "ema": keras.saving.serialize_keras_object(self.ema),
            "seed": self.seed,
            "frozen_discriminator_layers": self.frozen_discriminator_layers,
            "trainable": {name: _flags(getattr(self, name)) for name in _PLAYERS},
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A model from what `get_config` gave."""
        parts = {
            name: keras.saving.deserialize_keras_object(config[name], custom_objects)
            for name in ("generator", "discriminator", "ema")
        }
        arguments = config | parts
        frozen = arguments.pop("frozen_discriminator_layers", 0)
        for name, flags in arguments.pop("trainable", {}).items():
            _set_flags(parts[name], flags)
        model = cls(**arguments)
        if frozen:
            freeze_discriminator_layers(model, frozen)
        return model

    def get_compile_config(self):
        """The arguments of `compile`, for saving."""
        if not self.compiled:
            return None
        return {
            "loss": keras.saving.serialize_keras_object(self.loss),
            "generator_optimizer": optimizer_config(self.optimizer.generator),
            "discriminator_optimizer": optimizer_config(self.optimizer.discriminator),
            "penalties": [keras.saving.serialize_keras_object(p) for p in self.penalties],
            "augment": self.augment and keras.saving.serialize_keras_object(self.augment),
            "scheme": keras.saving.serialize_keras_object(self.objective.scheme),
            "jit_compile": self.jit_compile,
            "steps_per_execution": self.steps_per_execution,
        }

    def compile_from_config(self, config):
        """Compiles with what `get_compile_config` gave, on any backend."""
        deserialize = keras.saving.deserialize_keras_object
        self.compile(
            **config
            | {
                "loss": deserialize(config["loss"]),
                "penalties": [deserialize(penalty) for penalty in config["penalties"]],
                "augment": config["augment"] and deserialize(config["augment"]),
                "scheme": deserialize(config["scheme"]),
                "jit_compile": "auto",
            }
        )
