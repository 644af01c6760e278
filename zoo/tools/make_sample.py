"""Make the sample of Fashion-MNIST that the package carries.

    python zoo/tools/make_sample.py fashion_mnist.npz keras_san/data/fashion_mnist_sample.npz

The first file holds `x_train` (uint8, channels-last) and `y_train`; the second gets the first 500
images of each class, in their original order, as `images`, `labels` and `classes`.
"""

import sys

import numpy as np

from keras_san.data.named import CLASS_NAMES


def choose(labels, images_per_class):
    """Return the sorted indices of the first images of each class."""
    chosen = []
    for label in np.unique(labels):
        indices = np.flatnonzero(labels == label)[:images_per_class]
        if len(indices) < images_per_class:
            raise ValueError(f"Class {label} has only {len(indices)} images.")
        chosen.append(indices)
    return np.sort(np.concatenate(chosen))


def make_sample(source, destination, images_per_class=500):
    """Write the sample of `source` to `destination`."""
    with np.load(source, allow_pickle=False) as file:
        images, labels = file["x_train"], file["y_train"]
    chosen = choose(labels, images_per_class)
    np.savez_compressed(
        destination,
        images=images[chosen],
        labels=labels[chosen].astype(np.uint8),
        classes=np.array(CLASS_NAMES["fashion_mnist"]),
    )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    make_sample(sys.argv[1], sys.argv[2])
