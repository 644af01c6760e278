"""The presets that come with the library."""

from keras_san.features.shipped import zoo
from keras_san.presets.layout import is_preset, read_config


def names():
    """Lists the built-in presets.

    Use it to see what `from_preset` accepts without a file or a network.

    Returns:
        A sorted list of names, each `<architecture>_<data set>_<resolution>` with a tag for a
        variant.

    Example:

    ```python
    import keras_san

    print(keras_san.presets.names())
    ```
    """
    return sorted(_folders())


def info(name):
    """Reads the config of a built-in preset.

    Use it to look at the data set, the licences, the metrics and the networks of a preset before
    it is loaded: no backend is started.

    Args:
        name: String. One of `names()`.

    Returns:
        The content of the preset's `config.json`: a dictionary with `name`, `resolution`,
        `image_shape`, `parameters`, `data`, `license`, `metrics` and more.

    Raises:
        ValueError: If no built-in preset has that name.

    Example:

    ```python
    import keras_san

    for name in keras_san.presets.names():
        print(name, keras_san.presets.info(name)["resolution"])
    ```
    """
    return read_config(folder(name))


def folder(name):
    """Path of a built-in preset's folder."""
    folders = _folders()
    if name not in folders:
        raise unknown_preset(name)
    return folders[name]


def unknown_preset(source):
    """The error for a source that is neither a name nor a folder nor an address."""
    return ValueError(
        f"Unknown preset {str(source)!r}. Built-in presets: {', '.join(names()) or 'none'}. "
        "Other sources: a folder written by `model.save_preset`, a run folder of "
        "`keras-san train`, or 'hf://owner/name'."
    )


def _folders():
    if zoo() is None:
        return {}
    entries = (entry for entry in zoo().iterdir() if entry.is_dir())
    return {entry.name: entry for entry in entries if is_preset(entry)}
