"""Networks as configs: what a preset may hold, and nothing that runs foreign code."""

import keras

# These layers wrap functions or saved programs, which a config cannot describe safely.
_WRAPPERS = {"Lambda", "TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer"}
_PLAIN_VALUES = {"__keras_tensor__", "__tensor__", "__numpy__", "__ellipsis__", "__slice__"}


def check_config(config):
    """Refuses every class that is neither of keras-san nor built into Keras."""
    if isinstance(config, dict):
        if "class_name" in config:
            _check_class(config)
        for value in config.values():
            check_config(value)
    elif isinstance(config, list | tuple):
        for value in config:
            check_config(value)


def _check_class(config):
    name = config["class_name"]
    module = config.get("module") or ""
    registered = config.get("registered_name")
    is_own = str(registered).startswith("keras_san>")
    if name in _PLAIN_VALUES or (is_own and keras.saving.get_registered_object(registered)):
        return
    if name == "function":
        # Keras names its own functions so, and looks the name up among them only.
        if module == "builtins" and registered in ("function", None):
            return
        name = config.get("config")
    built_in = module == "keras" or module.startswith("keras.")
    if built_in and registered in (None, name) and name not in _WRAPPERS:
        return
    raise ValueError(
        f"A preset holds classes of keras-san and of Keras only, without functions of your own; "
        f"found {registered or name!r} of module {module!r}. Build the network from those, or "
        "keep it with `model.save('model.keras')`, which needs your code to load."
    )


def in_float32(config):
    """Replaces mixed precision policies, so that every backend computes the same images."""
    if isinstance(config, dict):
        return {key: in_float32(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return [in_float32(value) for value in config]
    return "float32" if config in ("mixed_bfloat16", "mixed_float16") else config
