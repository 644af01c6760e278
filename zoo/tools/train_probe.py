"""Train the linear probe on EfficientNet-Lite0 features and write it where the package finds it.

    KERAS_BACKEND=torch python zoo/tools/train_probe.py --data cifar10_jpeg.npz

The file holds `x_train`, `y_train`, `x_test`, `y_test` and `classes`. The features are
computed once (by far the most of the work), the linear layer is trained on them, and the accuracy
on the card is that of the stored weights on the test images.
"""

import argparse
import json
import pathlib
import shlex

import keras
import numpy as np

from keras_san.data.load import load
from keras_san.features.shipped import DESCRIPTION, WEIGHTS, sha256
from keras_san.metrics.extractors.cifar10_jpeg_probe import NAME, probe_network
from keras_san.metrics.extractors.efficientnet_lite0 import efficientnet_lite0
from keras_san.presets.weights import write_weights

ZOO = pathlib.Path(__file__).resolve().parents[1]
LICENSE = "none stated by its authors (Krizhevsky 2009); research use"
CARD = """\
# Probe of cifar10_jpeg

One linear layer of {parameters:,} parameters, float16, on the 1,280 features of EfficientNet-Lite0
at {image_size} x {image_size} pixels. Outputs: those features and the logits of 10 classes. Used by
`keras_san.metrics.extractors.cifar10_jpeg_probe()` for class fidelity. The images are those of
CIFAR-10 re-encoded as JPEG, quality about 75: numbers on them do not compare with published ones of
CIFAR-10.

| | |
|---|---|
| accuracy on the {num_test:,} test images | {accuracy:.2%} |
| trained on | the {num_train:,} training images{mirrored}, {epochs} epochs |
| training images and their licence | CIFAR-10 as JPEG, {license} |
| licence of the weights | that of the images |
| sha256 of the weights | `{sha256}` |
| sha256 of the weights of the trunk | `{trunk_sha256}` |
| sha256 of the data | `{data_sha256}` |

It was made by

```
{command}
```
"""


def features_of(extractor, data, split, mirror=False):
    """Features, labels and the dataset of a split; of its mirror images as well where asked."""
    dataset = load(data, batch_size=1, split=split)
    images, labels = dataset.source.read(np.arange(dataset.num_images))
    views = [images, images[:, :, ::-1]] if mirror else [images]
    features = []
    for view in views:
        for start in range(0, len(view), 5000):
            features.append(extractor(view[start : start + 5000], batch_size=100))
            print(f"{split}: {start + 5000:,} images", flush=True)
    return np.concatenate(features), np.tile(labels, len(views)).astype("int32"), dataset


def train(features, labels, num_classes, epochs, batch_size):
    """The linear layer, by Adam with a cosine schedule."""
    network = probe_network(features.shape[1], num_classes)
    steps = epochs * (len(labels) // batch_size)
    network.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(2e-3, steps), weight_decay=1e-3
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    network.fit(features, labels, batch_size, epochs, verbose=2)
    return network


def main():
    """Computes the features, trains, stores, tests what was stored."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--image-size", type=int, default=128, help="multiple of 32 (default 128)")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--mirror", action="store_true", help="train on mirror images as well")
    parser.add_argument("--out", type=pathlib.Path, default=ZOO / "extractors")
    options = parser.parse_args()
    keras.utils.set_random_seed(0)
    extractor = efficientnet_lite0(options.image_size)
    features, labels, dataset = features_of(extractor, options.data, "train", options.mirror)
    test_features, test_labels, _ = features_of(extractor, options.data, "test")
    network = train(features, labels, dataset.num_classes, options.epochs, options.batch_size)

    folder = options.out / NAME
    folder.mkdir(parents=True, exist_ok=True)
    write_weights(network, folder / WEIGHTS)
    network.load_weights(folder / WEIGHTS)
    logits = network.predict(test_features, batch_size=500, verbose=0)
    accuracy = float(np.mean(np.argmax(logits, axis=1) == test_labels))
    # Where the file lay on the machine of the training is nobody's business.
    command = ["python", "zoo/tools/train_probe.py", "--data", pathlib.Path(options.data).name]
    command += ["--image-size", str(options.image_size), "--epochs", str(options.epochs)]
    command += ["--batch-size", str(options.batch_size)] + ["--mirror"] * options.mirror
    facts = {
        "name": NAME,
        "sha256": sha256(folder / WEIGHTS),
        "trunk_sha256": extractor.sha256,
        "image_size": options.image_size,
        "accuracy": accuracy,
        "num_train": dataset.num_images,
        "num_test": len(test_labels),
        "epochs": options.epochs,
        "parameters": network.count_params(),
        "license": LICENSE,
        "classes": list(dataset.class_names),
        "data_sha256": dataset.sha256(),
        "command": f"KERAS_BACKEND={keras.backend.backend()} {shlex.join(command)}",
    }
    (folder / DESCRIPTION).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    mirrored = " and their mirror images" if options.mirror else ""
    card = CARD.format(mirrored=mirrored, **facts)
    (folder / "README.md").write_text(card, encoding="utf-8")
    print(f"{folder.name}: accuracy {accuracy:.4f} on {len(test_labels)} test images")


if __name__ == "__main__":
    main()
