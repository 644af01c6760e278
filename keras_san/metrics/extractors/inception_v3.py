"""The Inception network of the published Fréchet Inception distances."""

from pathlib import Path

import keras
from keras import layers

from keras_san.features.shipped import full_precision
from keras_san.features.shipped import sha256 as sha256_of
from keras_san.layers import Conv2D
from keras_san.metrics.extractors.extractor import Extractor

IMAGE_SIZE = 299
CLASSES = 1008
EPSILON = 1e-3
# The names carry the first digits of the hashes of the two files that hold the network's weights.
KNOWN = {
    "6726825d": "weights-inception-2015-12-05-6726825d.pth of torch-fidelity, or "
    "pt_inception-2015-12-05-6726825d.pth of pytorch-fid",
}


def inception_v3_network():
    """The network with random weights: prepared images `(299, 299, 3)` to `[features, logits]`.

    It is the graph of 2015: average pools leave padding out of their means, and the last block
    pools by maximum where its twin pools by average. Logits come without their bias, as the
    Inception Score takes them.
    """
    images = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3))
    x = _unit(images, 32, 3, "Conv2d_1a_3x3", strides=2, padding="valid")
    x = _unit(x, 32, 3, "Conv2d_2a_3x3", padding="valid")
    x = _unit(x, 64, 3, "Conv2d_2b_3x3")
    x = layers.MaxPooling2D(3, 2, data_format="channels_last")(x)
    x = _unit(x, 80, 1, "Conv2d_3b_1x1", padding="valid")
    x = _unit(x, 192, 3, "Conv2d_4a_3x3", padding="valid")
    x = layers.MaxPooling2D(3, 2, data_format="channels_last")(x)
    for name, pool in (("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)):
        x = _block_35(x, pool, name)
    x = _to_17(x, "Mixed_6a")
    for name, width in (("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)):
        x = _block_17(x, width, name)
    x = _to_8(x, "Mixed_7a")
    x = _block_8(x, _average_pool, "Mixed_7b")
    x = _block_8(x, layers.MaxPooling2D(3, 1, "same", data_format="channels_last"), "Mixed_7c")
    features = layers.GlobalAveragePooling2D(data_format="channels_last", name="features")(x)
    logits = layers.Dense(CLASSES, use_bias=False, name="fc")(features)
    return keras.Model(images, [features, logits], name="inception_v3_2015")


def _unit(x, filters, kernel, name, strides=1, padding="same"):
    """Convolution with the batch normalisation folded in, and ReLU."""
    name = name.replace(".", "-")
    return Conv2D(filters, kernel, strides=strides, padding=padding, activation="relu", name=name)(
        x
    )


def _chain(x, name, *units):
    """Units one after the other: `(filters, kernel, name in the block)`."""
    for filters, kernel, unit in units:
        x = _unit(x, filters, kernel, f"{name}.{unit}")
    return x


@keras.saving.register_keras_serializable(package="keras_san")
class _PaddingLessMean(layers.Layer):
    """Mean of 3 x 3 positions, of those that are there at the edge, on every backend."""

    def call(self, inputs):
        ones = keras.ops.ones_like(inputs[:1, :, :, :1])
        return _sums(inputs) / _sums(ones)


def _sums(x):
    x = keras.ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return 9.0 * keras.ops.average_pool(x, 3, 1, "valid", data_format="channels_last")


def _average_pool(x):
    return _PaddingLessMean()(x)


def _join(*branches):
    return layers.Concatenate()(branches)


def _block_35(x, pool, name):
    return _join(
        _chain(x, name, (64, 1, "branch1x1")),
        _chain(x, name, (48, 1, "branch5x5_1"), (64, 5, "branch5x5_2")),
        _chain(
            x,
            name,
            (64, 1, "branch3x3dbl_1"),
            (96, 3, "branch3x3dbl_2"),
            (96, 3, "branch3x3dbl_3"),
        ),
        _chain(_average_pool(x), name, (pool, 1, "branch_pool")),
    )


def _to_17(x, name):
    double = _chain(x, name, (64, 1, "branch3x3dbl_1"), (96, 3, "branch3x3dbl_2"))
    return _join(
        _unit(x, 384, 3, f"{name}.branch3x3", 2, "valid"),
        _unit(double, 96, 3, f"{name}.branch3x3dbl_3", 2, "valid"),
        layers.MaxPooling2D(3, 2, data_format="channels_last")(x),
    )


def _block_17(x, width, name):
    row, column = (1, 7), (7, 1)
    return _join(
        _chain(x, name, (192, 1, "branch1x1")),
        _chain(
            x,
            name,
            (width, 1, "branch7x7_1"),
            (width, row, "branch7x7_2"),
            (192, column, "branch7x7_3"),
        ),
        _chain(
            x,
            name,
            (width, 1, "branch7x7dbl_1"),
            (width, column, "branch7x7dbl_2"),
            (width, row, "branch7x7dbl_3"),
            (width, column, "branch7x7dbl_4"),
            (192, row, "branch7x7dbl_5"),
        ),
        _chain(_average_pool(x), name, (192, 1, "branch_pool")),
    )


def _to_8(x, name):
    seven = _chain(
        x,
        name,
        (192, 1, "branch7x7x3_1"),
        (192, (1, 7), "branch7x7x3_2"),
        (192, (7, 1), "branch7x7x3_3"),
    )
    three = _chain(x, name, (192, 1, "branch3x3_1"))
    return _join(
        _unit(three, 320, 3, f"{name}.branch3x3_2", 2, "valid"),
        _unit(seven, 192, 3, f"{name}.branch7x7x3_4", 2, "valid"),
        layers.MaxPooling2D(3, 2, data_format="channels_last")(x),
    )


def _block_8(x, pool, name):
    three = _chain(x, name, (384, 1, "branch3x3_1"))
    double = _chain(x, name, (448, 1, "branch3x3dbl_1"), (384, 3, "branch3x3dbl_2"))
    return _join(
        _chain(x, name, (320, 1, "branch1x1")),
        _chain(three, name, (384, (1, 3), "branch3x3_2a")),
        _chain(three, name, (384, (3, 1), "branch3x3_2b")),
        _chain(double, name, (384, (1, 3), "branch3x3dbl_3a")),
        _chain(double, name, (384, (3, 1), "branch3x3dbl_3b")),
        _chain(pool(x), name, (192, 1, "branch_pool")),
    )


def load_torch_weights(network, tensors):
    """Gives the network the arrays of a PyTorch state dictionary, by the published names."""
    for layer in network.layers:
        if not layer.weights:
            continue
        name = layer.name.replace("-", ".")
        if name == "fc":
            layer.set_weights([tensors["fc.weight"].T])
            continue
        wide = {
            part: tensors[f"{name}.bn.{part}"].astype("float64")
            for part in ("weight", "bias", "running_mean", "running_var")
        }
        gain = wide["weight"] / (wide["running_var"] + EPSILON) ** 0.5
        kernel = tensors[f"{name}.conv.weight"] * gain[:, None, None, None]
        layer.set_weights(
            [kernel.transpose(2, 3, 1, 0), wide["bias"] - wide["running_mean"] * gain]
        )


def inception_v3(weights):
    """The Inception network of FID and of the Inception Score, from your own copy of its weights.

    Use it for numbers beside published ones: 2,048 features of the network of 2015, images resized
    as TensorFlow 1 did. The weights are not in this package. Take
    `pt_inception-2015-12-05-6726825d.pth` from the releases of pytorch-fid, or
    `weights-inception-2015-12-05-6726825d.pth` from those of torch-fidelity (91 MB), and pass its
    path; PyTorch must be installed to read it, whatever backend runs.

    Args:
        weights: string or path of that file.

    Returns:
        `keras_san.metrics.Extractor` named `"inception2015"`, 2,048 features, 1,008 classes.

    Raises:
        ValueError: if the file is missing or is another one.
        ImportError: if PyTorch is not installed.

    Example:

    ```python
    import keras_san

    def published_features(images):
        path = "pt_inception-2015-12-05-6726825d.pth"
        return keras_san.metrics.extractors.inception_v3(path)(images)
    ```

    Reference: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016,
    in the form that Heusel et al., 2017, measured with.
    """
    path = Path(weights).expanduser()
    if not path.is_file():
        raise ValueError(
            f"There is no file '{path}'. Download {' or '.join(KNOWN.values())}, from their "
            "releases on GitHub, and pass its path."
        )
    digest = sha256_of(path)
    if digest[:8] not in KNOWN:
        raise ValueError(
            f"'{path}' is not the network that published numbers were measured with: its sha256 "
            f"begins with {digest[:8]}, expected {' or '.join(KNOWN)}. Download "
            f"{' or '.join(KNOWN.values())} again."
        )
    # Imported here: PyTorch may be missing where another backend runs.
    from keras_san.convert.torch_tensors import read_torch_tensors

    with full_precision():
        network = inception_v3_network()
    load_torch_weights(network, read_torch_tensors(path))
    return inception_extractor(network, digest)


def inception_extractor(network, digest):
    """The network with the preparation of images that belongs to it."""
    network.trainable = False
    return Extractor(
        "inception2015",
        network,
        digest,
        resize="bilinear_tensorflow1",
        offset=128.0,
        scale=1.0 / 128.0,
    )
