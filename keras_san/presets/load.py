"""Loading a preset."""

from pathlib import Path

from absl import logging

from keras_san.models.san_model import SANModel
from keras_san.presets import hub, layout, registry
from keras_san.presets.classes import with_classes
from keras_san.presets.networks import check_config
from keras_san.presets.weights import read_weights
from keras_san.sampling.truncation_statistics import TruncationStatistics


def load_preset(source, load_discriminator=True, num_classes=None):
    """Builds the model of a preset and loads its weights.

    Use it (or `keras_san.SANModel.from_preset`) to draw images with a trained model or to go on
    from its weights. It runs on every backend, whichever backend saved the preset. Every weight
    file is compared with the hash in the config, and only classes of keras-san and Keras are
    built. The model is not compiled: a preset holds no optimizer, and training starts afresh from
    the weights after `model.compile()`. If the preset was saved with `averaged_only`, the
    generator begins as its average. The networks compute in Keras's dtype policy: in float32 every
    backend draws the same images, in mixed precision they differ by some grey levels.

    Args:
        source: String or path. The name of a built-in preset, a folder that `save_preset` wrote,
            a run folder of `keras-san train`, or `"hf://owner/name"`. A string that is a built-in
            name comes before a folder of that name; a `pathlib.Path` is always a folder.
        load_discriminator: Boolean. `False` leaves the discriminator as drawn and skips its file,
            which is enough to generate. Default `True`.
        num_classes: Integer, to train a conditional preset on for other classes than its own:
            every one begins as the mean of the preset's. `None` for its own. Default `None`.

    Returns:
        A `keras_san.SANModel`.

    Raises:
        ValueError: If the source is unknown, a file is missing or has another hash, the config
            names a foreign class, or a tensor is missing, unknown or misshapen; if the preset is
            unconditional and `num_classes` is given.
        ImportError: If `hf://` is used without `huggingface_hub`.

    Example:

    ```python
    import keras_san

    keras_san.models.build("dcgan", (32, 32, 1), width=8).save_preset("my_preset")
    model = keras_san.SANModel.from_preset("my_preset")
    images = model.generate(16, seed=0)
    ```
    """
    folder = find_folder(source)
    config = layout.read_config(folder)
    generator, discriminator = layout.read_networks(folder, config)
    files = {
        network: layout.check_file(folder, layout.weights_file(network), config)
        for network in layout.networks_in(config)
        if load_discriminator or network != "discriminator"
    }
    networks = {"generator": generator, "discriminator": discriminator}
    check_config([config["model"], networks])
    model = SANModel.from_config({**config["model"], **networks})
    for network, path in files.items():
        read_weights(getattr(model, network), path)
    model.discriminator_is_loaded = "discriminator" in files
    if "generator" not in files:
        model.generator.set_weights(model.generator_ema.get_weights())
    if num_classes not in (None, model.num_classes):
        return with_classes(model, num_classes)
    if layout.STATISTICS in config["files"]:
        path = layout.check_file(folder, layout.STATISTICS, config)
        model.truncation_statistics = TruncationStatistics.load(path)
    return model


def find_folder(source):
    """Turns any form of a preset's source into the folder that holds it."""
    text = str(source)
    if text.startswith(hub.PREFIX):
        return Path(hub.download(text))
    folder = Path(source).expanduser()
    if isinstance(source, str) and text in registry.names():
        if layout.is_preset(folder):
            logging.warning(
                "%r is the built-in preset; the folder of that name here is not read. For that "
                "one say %r.",
                text,
                f"./{text}",
            )
        return registry.folder(text)
    for candidate in (folder, folder / "preset"):
        if (candidate / layout.CONFIG).is_file():
            return candidate
    if (folder / "options.json").is_file():
        raise ValueError(
            f"The run '{folder}' has no preset yet, as it was not stopped but killed. Let "
            "`keras-san train --resume` end it, or name its best/ if there is one."
        )
    if folder.is_dir():
        raise ValueError(
            f"The folder '{folder}' holds neither {layout.CONFIG} nor preset/{layout.CONFIG}, so "
            "it is not a preset, nor a run folder with one."
        )
    raise registry.unknown_preset(source)
