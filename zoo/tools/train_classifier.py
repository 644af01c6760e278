"""Train the classifier of a grey set and write it where the package finds it.

    KERAS_BACKEND=tensorflow python zoo/tools/train_classifier.py --data mnist
    KERAS_BACKEND=tensorflow python zoo/tools/train_classifier.py --data fashion_mnist --epochs 8

`--data` is `mnist` or `fashion_mnist` of keras.datasets, or an .npz file of one of these names
with `x_train`, `y_train`, `x_test` and `y_test`. The folder written is
`zoo/extractors/<name>_classifier/`; the accuracy on its card is that of the stored weights.
"""

import argparse
import json
import pathlib
import shlex

import keras
import numpy as np

from keras_san.data.load import load
from keras_san.data.named import CLASS_NAMES
from keras_san.features.grey_classifier import IMAGE_SIZE, grey_classifier_network
from keras_san.features.shipped import DESCRIPTION, WEIGHTS, sha256
from keras_san.presets.weights import write_weights

ZOO = pathlib.Path(__file__).resolve().parents[1]
LICENSES = {
    "mnist": "CC BY-SA 3.0 (Yann LeCun, Corinna Cortes, Christopher J. C. Burges)",
    "fashion_mnist": "MIT (Zalando Research)",
}
# Garments mirror, digits do not.
MIRRORS = {"mnist": False, "fashion_mnist": True}
CARD = """\
# {title} classifier

Convolutional classifier of {title}, {parameters:,} parameters, float16. Input: grey images 28 x 28,
values divided by 255. Outputs: 128 features (global average pool) and the logits of 10 classes.
Used by `keras_san.metrics.extractors.{name}_classifier()` for class fidelity, inception-style
scores and features.

| | |
|---|---|
| accuracy on the {num_test:,} test images | {accuracy:.2%} |
| trained on | the {num_train:,} training images, {epochs} epochs |
| training images and their licence | {title}, {license} |
| licence of the weights | Apache-2.0, in so far as that of the images allows |
| sha256 of the weights | `{sha256}` |
| sha256 of the data | `{data_sha256}` |

It was made by

```
{command}
```
"""


def read(data, split):
    """Images in [0, 1], labels and the dataset of a split."""
    dataset = load(data, image_size=IMAGE_SIZE, batch_size=1, split=split)
    images, labels = dataset.source.read(np.arange(dataset.num_images))
    return images.astype("float32") / 255.0, labels.astype("int32"), dataset


class Shifted(keras.utils.PyDataset):
    """Shuffled batches, each image moved by up to two pixels and mirrored where that is allowed."""

    def __init__(self, images, labels, batch_size, mirror, seed=0):
        super().__init__()
        self.padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))
        self.labels, self.batch_size, self.mirror = labels, batch_size, mirror
        self.random = np.random.default_rng(seed)
        self.order = self.random.permutation(len(labels))

    def __len__(self):
        return len(self.labels) // self.batch_size

    def __getitem__(self, index):
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        top, left = self.random.integers(0, 5, 2)
        images = self.padded[rows, top : top + IMAGE_SIZE, left : left + IMAGE_SIZE]
        if self.mirror:
            flip = self.random.random(len(rows)) < 0.5
            images = np.where(flip[:, None, None, None], images[:, :, ::-1], images)
        return images, self.labels[rows]

    def on_epoch_end(self):
        self.order = self.random.permutation(len(self.labels))


def train(images, labels, mirror, epochs, batch_size):
    """The network after `epochs` with a cosine schedule that begins with a warm-up."""
    network = grey_classifier_network()
    steps = epochs * (len(images) // batch_size)
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
    data = Shifted(images, labels, batch_size, mirror)
    classifier.fit(data, epochs=epochs, shuffle=False, verbose=2)
    return network


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--out", type=pathlib.Path, default=ZOO / "extractors")
    options = parser.parse_args()
    name = pathlib.Path(options.data).stem
    if name not in LICENSES:
        parser.error(f"--data {options.data}: expected one of {', '.join(LICENSES)}, or its .npz")
    keras.utils.set_random_seed(0)
    images, labels, dataset = read(options.data, "train")
    test_images, test_labels, _ = read(options.data, "test")
    network = train(images, labels, MIRRORS[name], options.epochs, options.batch_size)

    folder = options.out / f"{name}_classifier"
    folder.mkdir(parents=True, exist_ok=True)
    write_weights(network, folder / WEIGHTS)
    network.load_weights(folder / WEIGHTS)
    _, logits = network.predict(test_images, batch_size=500, verbose=0)
    accuracy = float(np.mean(np.argmax(logits, axis=1) == test_labels))
    # Where the file lay on the machine of the training is nobody's business.
    command = ["python", "zoo/tools/train_classifier.py", "--data", name]
    command += ["--epochs", str(options.epochs), "--batch-size", str(options.batch_size)]
    facts = {
        "name": name,
        "title": {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}[name],
        "sha256": sha256(folder / WEIGHTS),
        "accuracy": accuracy,
        "num_train": len(images),
        "num_test": len(test_images),
        "epochs": options.epochs,
        "parameters": network.count_params(),
        "license": LICENSES[name],
        "classes": list(CLASS_NAMES[name]),
        "data_sha256": dataset.sha256(),
        "command": f"KERAS_BACKEND={keras.backend.backend()} {shlex.join(command)}",
    }
    (folder / DESCRIPTION).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(CARD.format(**facts), encoding="utf-8")
    print(f"{folder.name}: accuracy {accuracy:.4f} on {len(test_images)} test images")


if __name__ == "__main__":
    main()
