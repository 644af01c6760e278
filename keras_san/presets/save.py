"""Saving a model as a preset."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
from keras import ops

import keras_san
from keras_san import backend
from keras_san.data.grid import image_grid, save_png
from keras_san.presets import layout
from keras_san.presets.card import model_card
from keras_san.presets.load import load_preset
from keras_san.presets.networks import check_config, in_float32
from keras_san.presets.weights import DTYPES, write_weights

SAMPLE_SEEDS = range(64)
CODE_LICENSE = "Apache-2.0"
_NOT_IN_EVERY_PRESET = (layout.STATISTICS, layout.weights_file("generator"))


def save_preset(
    model,
    folder,
    name=None,
    data=None,
    license=None,
    history=None,
    recipe=None,
    metrics=None,
    dtype="float16",
    averaged_only=False,
):
    """Writes a model as a preset: a folder that loads on every backend, without pickle.

    Use it to share a trained model or to keep it for years. A preset holds the networks, not the
    training: no optimizer, no loss, no count of images. To go on training with nothing lost, keep
    a checkpoint (`model.save` or `keras_san.callbacks.Checkpoint`) as well. A network trained in
    mixed precision is described in float32, so that every backend draws the same images.

    Args:
        model: A `keras_san.SANModel` whose networks consist of keras-san and Keras classes.
        folder: String or path. The folder to write; a preset that lies there is replaced.
        name: String or `None`. Name on the card. Default: the name of the folder.
        data: What the model was trained on: a dictionary with `name` and, if known, `sha256`,
            `license`, `num_images` and `class_names`; or an `ImageDataset`, which is hashed.
            Default `None`.
        license: String or `None`. Licence of the weights, best as an SPDX name. Default `None`,
            which the card shows as not stated.
        history: A Keras `History`, a dictionary of lists, or `None` (default).
        recipe: Dictionary of the options of the training run, or `None` (default). A `command`
            in it is shown on the card as the way to train the model again.
        metrics: Dictionary `{name: {"value": number, "protocol": text}}`, a list of
            `keras_san.metrics.Result`, or `None` (default).
        dtype: String, `"float16"` (default) or `"float32"`: how matrices and kernels are stored.
            Biases, scales and batch-norm statistics are always stored in float32.
        averaged_only: Boolean. `True` leaves out the generator that is trained and keeps its
            moving average, which draws the images: a preset of about half the size. Training goes
            on from the average then. Default `False`.

    Returns:
        The folder as a `pathlib.Path`.

    Raises:
        ValueError: If an argument has another form, a network holds a class from elsewhere, or a
            weight is not finite. Nothing is written then.

    Example:

    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 1), width=8)
    model.save_preset("my_preset", data={"name": "shapes", "license": "CC0-1.0"})
    same = keras_san.SANModel.from_preset("my_preset")
    ```
    """
    if dtype not in DTYPES:
        raise ValueError(f"dtype is {dtype!r}; expected one of {', '.join(map(repr, DTYPES))}.")
    # Absolute: the parent of "." is no other folder.
    folder, given = Path(folder).absolute(), Path(folder)
    config = _describe(model, name or folder.resolve().name, data, license, metrics)
    if folder.is_file():
        raise ValueError(f"'{given}' is a file. Name a folder for the preset.")
    if folder.is_dir() and any(folder.iterdir()) and not layout.is_preset(folder):
        raise ValueError(
            f"'{folder}' holds files that are not a preset. Name a new or an empty folder."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Written beside the target and moved at the end: a kill leaves the old preset whole.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".preset-") as work:
        work, aside = Path(work) / "new", Path(work) / "old"
        work.mkdir()
        files = {}
        for network in layout.NETWORKS:
            if averaged_only and network == "generator":
                continue
            path = work / layout.weights_file(network)
            write_weights(getattr(model, network), path, dtype)
            files[path.name] = _fingerprint(path)
        if model.truncation_statistics is not None:
            path = work / layout.STATISTICS
            model.truncation_statistics.save(path)
            files[path.name] = _fingerprint(path)
        config["files"] = files
        recipe = dict(recipe or {})
        _write_json(recipe, work / layout.RECIPE)
        _write_json(getattr(history, "history", history) or {}, work / layout.HISTORY)
        (work / layout.CARD).write_text(model_card(config, recipe), encoding="utf-8")
        _write_json(config, work / layout.CONFIG)
        save_png(image_grid(_samples(work), columns=8), work / layout.SAMPLES)
        _put_in_place(work, folder, aside)
    return given


def _put_in_place(new, folder, aside):
    """Moves a whole preset to `folder` at once: weights and hashes of two presets never mix."""
    if not folder.exists():
        os.replace(new, folder)
        return
    for path in folder.iterdir():
        if not (new / path.name).exists() and path.name not in _NOT_IN_EVERY_PRESET:
            # What else lies there stays.
            (shutil.copytree if path.is_dir() else shutil.copy2)(path, new / path.name)
    os.replace(folder, aside)
    try:
        os.replace(new, folder)
    except BaseException:
        os.replace(aside, folder)
        raise


def _fingerprint(path):
    return {"sha256": layout.sha256(path), "bytes": path.stat().st_size}


def _describe(model, name, data, license, metrics):
    arguments = in_float32(model.get_config())
    check_config(arguments)
    networks = {network: arguments.pop(network) for network in ("generator", "discriminator")}
    # The seed and the name belong to one run, not to the trained model.
    del arguments["seed"], arguments["name"]
    height, width, _ = model.image_shape
    return {
        "format": layout.FORMAT,
        "format_version": layout.FORMAT_VERSION,
        "name": name,
        "resolution": height if height == width else [height, width],
        "image_shape": list(model.image_shape),
        "num_classes": model.num_classes,
        "parameters": {
            network: sum(int(np.prod(v.shape)) for v in getattr(model, network).trainable_weights)
            for network in networks
        },
        "images_seen": int(ops.convert_to_numpy(model.images_seen)),
        "data": _describe_data(data),
        "license": {"code": CODE_LICENSE, "weights": license},
        "metrics": _checked_metrics(metrics),
        "versions": {
            "keras_san": keras_san.__version__,
            "keras": keras.version(),
            "backend": keras.backend.backend(),
        },
        "model": arguments,
        **networks,
    }


def _describe_data(data):
    if data is None:
        return {}
    if isinstance(data, Mapping):
        if not data.get("name"):
            raise ValueError(f"data is {dict(data)!r}; expected a dictionary with a 'name'.")
        return dict(data)
    if not hasattr(data, "sha256"):
        raise ValueError(
            f"data is a {type(data).__name__}; expected a dictionary with a 'name' or a dataset "
            "of keras_san.data."
        )
    return {
        "name": data.name,
        "sha256": data.sha256(),
        "license": getattr(data, "license", None),
        "num_images": data.num_images,
        "class_names": list(data.class_names),
    }


def _checked_metrics(metrics):
    if isinstance(metrics, (list, tuple)):
        metrics = dict(map(_entry, metrics))
    for name, result in (metrics or {}).items():
        if not isinstance(result, Mapping) or not {"value", "protocol"} <= result.keys():
            raise ValueError(
                f"The metric {name!r} is {result!r}; expected a dictionary with 'value' and "
                "'protocol', for a number without its protocol cannot be compared."
            )
    return dict(metrics or {})


def _entry(result):
    if not hasattr(result, "protocol"):
        raise ValueError(f"A metric is {result!r}; expected a keras_san.metrics.Result.")
    entry = {"value": result.value, "protocol": result.protocol.description()}
    if result.standard_error is not None:
        entry["standard_error"] = result.standard_error
    return result.name, entry


def _samples(folder):
    """Images of the preset loaded back: what others will see, and a proof that it loads."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        # The first of several processes saves while the others train on.
        with backend.alone():
            model = load_preset(Path(folder))
            labels = None
            if model.num_classes:
                labels = np.arange(len(SAMPLE_SEEDS)) % model.num_classes
            height, width, _ = model.image_shape
            # 64 large images at a time would fill the memory.
            batch_size = max(1, 64 * 64 * 64 // (height * width))
            return model.generate(seeds=SAMPLE_SEEDS, labels=labels, batch_size=min(64, batch_size))
    finally:
        keras.config.set_dtype_policy(policy)


def _write_json(content, path):
    path.write_text(json.dumps(content, indent=2, default=_plain) + "\n", encoding="utf-8")


def _plain(value):
    """NumPy numbers and arrays, and paths, as JSON knows them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)
