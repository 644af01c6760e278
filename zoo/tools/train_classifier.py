"""Train the classifier of a data set and write it where the package finds it.

    KERAS_BACKEND=tensorflow python zoo/tools/train_classifier.py --data mnist
    KERAS_BACKEND=tensorflow python zoo/tools/train_classifier.py --data fashion_mnist --epochs 8
    KERAS_BACKEND=tensorflow python zoo/tools/train_classifier.py --data cifar10_jpeg.npz \
        --epochs 15

`--data` is `mnist` or `fashion_mnist` of keras.datasets, or an .npz file of the name of a set
with `x_train`, `y_train`, `x_test` and `y_test`. The folder written is
`zoo/extractors/<name>_classifier/`; the accuracy on its card is that of the stored weights.
"""

import argparse
import dataclasses
import json
import pathlib
import shlex
from collections.abc import Callable

import keras
import numpy as np

from keras_san.data.load import load
from keras_san.features.grey_classifier import grey_classifier_network
from keras_san.features.residual_classifier import residual_classifier_network
from keras_san.features.shipped import DESCRIPTION, WEIGHTS, sha256
from keras_san.presets.weights import write_weights

ZOO = pathlib.Path(__file__).resolve().parents[1]


@dataclasses.dataclass(frozen=True)
class Set:
    """What the classifier of a data set needs to know of it.

    Args:
        title: string, on the card.
        license: string, of its images.
        mirror: bool; garments and objects mirror, digits do not.
        shift: int, pixels by which images are moved at most.
        make_network: function of the number of classes, to features and logits.
    """

    title: str
    license: str
    mirror: bool
    shift: int
    make_network: Callable


SETS = {
    "mnist": Set(
        "MNIST",
        "CC BY-SA 3.0 (Yann LeCun, Corinna Cortes, Christopher J. C. Burges)",
        mirror=False,
        shift=2,
        make_network=grey_classifier_network,
    ),
    "fashion_mnist": Set(
        "Fashion-MNIST",
        "MIT (Zalando Research)",
        mirror=True,
        shift=2,
        make_network=grey_classifier_network,
    ),
    "cifar10_jpeg": Set(
        "CIFAR-10 re-encoded as JPEG (cifar10_jpeg)",
        "none stated by its authors (Krizhevsky 2009); research use",
        mirror=True,
        shift=4,
        make_network=residual_classifier_network,
    ),
}
CARD = """\
# {title} classifier

Convolutional classifier of {title}, {parameters:,} parameters, float16. Input: images of {shape},
values divided by 255. Outputs: {features} features (global average pool) and the logits of
{num_classes} classes. Used by `keras_san.metrics.extractors.{name}_classifier()` for class
fidelity, inception-style scores and features.

| | |
|---|---|
| accuracy on the {num_test:,} test images | {accuracy:.2%} |
| trained on | the {num_train:,} training images, {epochs} epochs |
| training images and their licence | {title}, {license} |
| licence of the weights | that of the images |
| sha256 of the weights | `{sha256}` |
| sha256 of the data | `{data_sha256}` |

It was made by

```
{command}
```
"""


def read(data, split, image_size):
    """Images in [0, 1], labels and the dataset of a split."""
    dataset = load(data, image_size=image_size, batch_size=1, split=split)
    images, labels = dataset.source.read(np.arange(dataset.num_images))
    return images.astype("float32") / 255.0, labels.astype("int32"), dataset


class Shifted(keras.utils.PyDataset):
    """Shuffled batches, images moved by a few pixels and mirrored where that is allowed."""

    def __init__(self, images, labels, batch_size, shift, mirror, seed=0):
        super().__init__()
        self.size = images.shape[1]
        self.padded = np.pad(images, ((0, 0), (shift, shift), (shift, shift), (0, 0)))
        self.labels, self.batch_size = labels, batch_size
        self.shift, self.mirror = shift, mirror
        self.random = np.random.default_rng(seed)
        self.order = self.random.permutation(len(labels))

    def __len__(self):
        return len(self.labels) // self.batch_size

    def __getitem__(self, index):
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        offsets = self.random.integers(0, 2 * self.shift + 1, (2, len(rows), 1))
        vertical, horizontal = offsets + np.arange(self.size)
        if self.mirror:
            flip = self.random.random((len(rows), 1)) < 0.5
            horizontal = np.where(flip, horizontal[:, ::-1], horizontal)
        places = rows[:, None, None], vertical[:, :, None], horizontal[:, None, :]
        return self.padded[places], self.labels[rows]

    def on_epoch_end(self):
        self.order = self.random.permutation(len(self.labels))


def train(network, data, epochs):
    """Trains the network for `epochs` with a cosine schedule that begins with a warm-up."""
    steps = epochs * len(data)
    rate = keras.optimizers.schedules.CosineDecay(
        1e-4, steps - steps // 10, warmup_target=4e-3, warmup_steps=steps // 10
    )
    classifier = keras.Model(network.inputs, network.outputs[1])
    classifier.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    classifier.fit(data, epochs=epochs, shuffle=False, verbose=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--out", type=pathlib.Path, default=ZOO / "extractors")
    options = parser.parse_args()
    name = pathlib.Path(options.data).stem
    if name not in SETS:
        parser.error(f"--data {options.data}: expected one of {', '.join(SETS)}, or its .npz")
    known = SETS[name]
    keras.utils.set_random_seed(0)
    classes = load(options.data, batch_size=1).class_names
    network = known.make_network(len(classes))
    image_size = network.input_shape[1]
    images, labels, dataset = read(options.data, "train", image_size)
    test_images, test_labels, _ = read(options.data, "test", image_size)
    data = Shifted(images, labels, options.batch_size, known.shift, known.mirror)
    train(network, data, options.epochs)

    folder = options.out / f"{name}_classifier"
    folder.mkdir(parents=True, exist_ok=True)
    write_weights(network, folder / WEIGHTS)
    network.load_weights(folder / WEIGHTS)
    _, logits = network.predict(test_images, batch_size=500, verbose=0)
    accuracy = float(np.mean(np.argmax(logits, axis=1) == test_labels))
    # Where the file lay on the machine of the training is nobody's business.
    command = ["python", "zoo/tools/train_classifier.py", "--data", pathlib.Path(options.data).name]
    command += ["--epochs", str(options.epochs), "--batch-size", str(options.batch_size)]
    facts = {
        "name": name,
        "title": known.title,
        "sha256": sha256(folder / WEIGHTS),
        "accuracy": accuracy,
        "num_train": len(images),
        "num_test": len(test_images),
        "epochs": options.epochs,
        "parameters": network.count_params(),
        "license": known.license,
        "classes": list(classes),
        "data_sha256": dataset.sha256(),
        "command": f"KERAS_BACKEND={keras.backend.backend()} {shlex.join(command)}",
    }
    (folder / DESCRIPTION).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    shape = " x ".join(map(str, network.input_shape[1:]))
    card = facts | {"shape": shape, "features": network.output_shape[0][-1]}
    card["num_classes"] = len(classes)
    (folder / "README.md").write_text(CARD.format(**card), encoding="utf-8")
    print(f"{folder.name}: accuracy {accuracy:.4f} on {len(test_images)} test images")


if __name__ == "__main__":
    main()
