"""simple-san, the MNIST example of the SAN authors: generator and discriminator.

Its condition is (latents, embedding), maps are flattened as (channels, 3, 3), and the head is kept
as rows whose norm is the scale.
"""

import numpy as np

from keras_san.convert.dialect import TORCH
from keras_san.convert.layouts import channels_last
from keras_san.convert.plan import Plan, shape_of, whole
from keras_san.models.simple_san.simple_san_discriminator import SimpleSANDiscriminator
from keras_san.models.simple_san.simple_san_generator import SimpleSANGenerator

REFERENCE = "https://github.com/sony/san/tree/main/simple-san"
_IGNORE = (r"\.num_batches_tracked$",)


def build(tensors, head="san"):
    """The plan of a file.

    Args:
        tensors: dictionary.
        head: `"san"`, or `"dense"` for the ordinary GAN. Both kinds of discriminator are stored
            alike, and score alike. Defaults to `"san"`.
    """
    if (head, True) not in _HEADS:
        raise ValueError(f"Unknown head: {head!r}. Expected 'san' or 'dense'.")
    if any(name.startswith("g_function.") for name in tensors):
        return _generator(tensors)
    return _discriminator(tensors, head)


def _generator(tensors):
    outputs, inputs = shape_of(tensors, "fc.weight")
    classes = "emb_class.weight"
    num_classes, embedded = tensors[classes].shape if classes in tensors else (0, 0)
    network = SimpleSANGenerator(
        (28, 28, shape_of(tensors, "g_function.6.weight")[1]),
        latent_dim=inputs - embedded,
        num_classes=num_classes,
        width=whole(outputs, 36, "fc.weight"),
    )
    order = channels_last(outputs // 9, 3, 3)
    mapping = TORCH.dense("dense", "fc", spectral=False, outputs=order)
    for level, number in enumerate((0, 3), start=1):
        mapping |= _transposed(f"upsample{level}", f"g_function.{number}")
        mapping |= TORCH.batch_normalization(f"normalization{level}", f"g_function.{number + 1}")
    mapping |= _transposed("to_image", "g_function.6")
    if num_classes:
        mapping["class_embedding.embeddings"] = classes
    return Plan(network, mapping, tensors, True, _IGNORE)


def _transposed(path, name):
    return {
        f"{path}.kernel": (f"{name}.weight", "transposed_convolution"),
        f"{path}.bias": f"{name}.bias",
    }


def _discriminator(tensors, head):
    width, image_channels = shape_of(tensors, "h_function.0.weight")[:2]
    rows, _ = shape_of(tensors, "fc_w")
    # One row is that of the unconditional network; conditional ones have a row a class.
    num_classes = rows if rows > 1 else 0
    network = SimpleSANDiscriminator(
        (28, 28, image_channels), num_classes=num_classes, width=width, head=head
    )
    mapping = TORCH.convolution("trunk.downsample0", "h_function.0", spectral=False)
    for level, number in ((1, 2), (2, 4)):
        mapping |= TORCH.convolution(f"trunk.downsample{level}", f"h_function.{number}")
    mapping |= _HEADS[head, bool(num_classes)](channels_last(4 * width, 3, 3))
    return Plan(network, mapping, tensors, False, _IGNORE)


def _directions(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def _scales(rows):
    # The head counts its scale in roots of the number of features.
    return np.linalg.norm(rows, axis=1, keepdims=True) / rows.shape[1] ** 0.5


_HEADS = {
    ("san", True): lambda order: {
        "head.embeddings": ("fc_w", lambda rows: _directions(rows)[:, order]),
        "head.scale": ("fc_w", _scales),
    },
    ("san", False): lambda order: {
        "head.kernel": ("fc_w", lambda rows: _directions(rows)[:, order].T),
        "head.scale": ("fc_w", lambda rows: _scales(rows)[0]),
        # Theirs adds none to the features.
        "head.bias": ("fc_w", lambda rows: np.zeros(rows.shape[1], "float32")),
    },
    ("dense", True): lambda order: {"head.embeddings": ("fc_w", lambda rows: rows[:, order])},
    ("dense", False): lambda order: {"head.kernel": ("fc_w", lambda rows: rows[:, order].T)},
}
