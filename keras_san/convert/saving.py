"""Writing converted networks: a preset, or the weights of one network."""

import os
import tempfile
from pathlib import Path

from keras_san.convert.registry import find_source
from keras_san.presets.layout import STATISTICS, sha256
from keras_san.presets.save import save_preset
from keras_san.presets.weights import write_weights

_WEIGHTS = ".weights.h5"


def save(converted, out, name=None, data=None, license=None, origin=None, dtype="float32"):
    """Writes what `keras_san.convert.convert` made.

    Use it to keep a converted checkpoint: as a preset, which `keras_san.SANModel.from_preset` and
    the command line read, or, with a path that ends in `.weights.h5`, as the weights of the one
    network that was converted. Batch statistics of several truncations go into the preset, whose
    `generate(truncation=...)` takes the right ones, or next to the weights.

    Args:
        converted: `keras_san.convert.Converted`.
        out: string or path, of a folder or of a file that ends in `.weights.h5`.
        name: string or None, on the preset's card. Default: the folder's name.
        data: dictionary or None, what the network was trained on; see
            `keras_san.presets.save_preset`.
        license: string or None, the licence of the weights, which is the origin's to state.
        origin: string or None, where the file comes from. Default: the address of the codebase.
        dtype: `"float32"` (default), or `"float16"` for half the size.

    Returns:
        The path written.

    Raises:
        ValueError: if a preset is asked of a discriminator alone.

    Example:
    ```python
    import keras_san

    generator = keras_san.models.SimpleSANGenerator(width=4)
    converted = keras_san.convert.Converted("san_simple", (), generator)
    keras_san.convert.save(converted, "generator.weights.h5")
    ```
    """
    out = Path(out)
    if out.name.endswith(_WEIGHTS):
        return _save_weights(converted, out, dtype)
    return save_preset(
        converted.model(),
        out,
        name=name,
        data=data,
        license=license,
        recipe=_recipe(converted, origin),
        dtype=dtype,
    )


def _save_weights(converted, out, dtype):
    network = converted.generator or converted.discriminator
    if converted.generator and converted.discriminator:
        raise ValueError(
            f"'{out}' is a file of weights, which holds one network; two were converted. Name a "
            "folder, or convert them one at a time."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".convert-") as work:
        part = Path(work) / out.name
        write_weights(network, part, dtype)
        os.replace(part, out)
    if converted.truncation_statistics is not None:
        stem = out.name.removesuffix(_WEIGHTS)
        converted.truncation_statistics.save(out.with_name(f"{stem}.{STATISTICS}"))
    return out


def _recipe(converted, origin):
    """What the card says in place of a training."""
    recipe = {
        "converted from": converted.source,
        "origin": origin or find_source(converted.source).REFERENCE,
    }
    for path in map(Path, converted.files):
        recipe[f"sha256 of {path.name}"] = sha256(path)
    if converted.discriminator is None:
        recipe["discriminator"] = "none: a placeholder of a few weights, which must not be trained"
    if converted.truncation_statistics is not None:
        recipe["batch statistics"] = f"those of truncation 1; of others in {STATISTICS}"
    return recipe
