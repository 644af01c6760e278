"""Fine-tuning on the command line: the options that a preset was trained with."""

import inspect

from keras_san.cli.training_options import FEATURE_NETWORKS
from keras_san.models.registry import architectures
from keras_san.presets.layout import read_config, read_networks
from keras_san.presets.load import find_folder


def options_of(preset):
    """The options of `keras-san train` that give the networks of a preset, and its weights.

    What is minimised and how stays as it is by default or as the user says.

    Args:
        preset: name, folder or address, as for `keras_san.presets.load_preset`.

    Returns:
        dict of options.

    Raises:
        ValueError: if the preset holds networks that are not of an architecture by name.
    """
    folder = find_folder(preset)
    config = read_config(folder)
    generator, discriminator = read_networks(folder, config)
    found = [
        name
        for name, architecture in architectures().items()
        if architecture.generator.__name__ == generator["class_name"]
        and architecture.discriminator.__name__ == discriminator["class_name"]
    ]
    if not found or not isinstance(config["resolution"], int):
        raise ValueError(
            f"--preset {preset}: its networks are {generator['class_name']} and "
            f"{discriminator['class_name']} for {config['resolution']} pixels, of which the "
            "command line has no architecture. Train on from it in Python: SANModel.from_preset."
        )
    widths = [network["config"].get("width") for network in (generator, discriminator)]
    return {
        "initial_preset": str(preset),
        "model": found[0],
        "resolution": config["resolution"],
        "color_mode": "grayscale" if config["image_shape"][-1] == 1 else "rgb",
        "conditional": bool(config["num_classes"]),
        "conditioning": discriminator["config"].get("conditioning")
        if config["num_classes"]
        else None,
        "head": discriminator["config"].get("head", "san"),
        "width": widths[1],
        "generator_width": widths[0] if widths[0] != widths[1] else None,
        "feature_network": _feature_networks(discriminator["config"], preset),
        "feature_size": discriminator["config"].get("feature_size"),
        "minibatch_std_dev": discriminator["config"].get("minibatch_std_dev", False),
        "normalizer": _unless_default(found[0], discriminator["config"], "normalizer"),
        "self_modulation": generator["config"].get("self_modulation", False),
        "classes_alike": generator["config"].get("classes_alike", False),
        "latent_dim": config["model"]["latent_dim"],
    }


def _unless_default(architecture, config, name):
    """A discriminator's argument, None where it has none or what it has left alone."""
    parameters = inspect.signature(architectures()[architecture].discriminator).parameters
    default = parameters[name].default if name in parameters else None
    return None if config.get(name, default) == default else config[name]


def _feature_networks(config, preset):
    """The names of what a projected discriminator looks through, None for what it does alone."""
    names = [reference["name"] for reference in config.get("feature_network", [])]
    unknown = sorted(set(names) - set(FEATURE_NETWORKS))
    if unknown:
        raise ValueError(
            f"--preset {preset}: its discriminator looks through {', '.join(unknown)}, of which "
            "the command line has none. Train on from it in Python: SANModel.from_preset."
        )
    return None if names in ([], [FEATURE_NETWORKS[0]]) else names
