"""How close a head's direction is to the optimal one."""

import keras
from keras import ops


def direction_cosine(head, real_features, fake_features, labels=None):
    """Cosine between a head's direction and the mean feature difference of real and fake.

    SAN calls a direction optimal when this is one. It is defined for the head of an ordinary GAN
    as well (a `Dense`, `Conv2D` or `Projection` layer), so that the two can be compared. With
    several directions (units, classes) it is the mean of their cosines, weighted with the lengths
    of their feature differences.

    Args:
        head: a built SAN head, `Dense`, `Conv2D` or projection layer.
        real_features: tensor, the head's inputs for real images.
        fake_features: tensor of the same shape, for generated images.
        labels: integers `(batch,)`, for a conditional head; real and fake share them.

    Returns:
        Scalar tensor in `[-1, 1]`.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import SANDense, direction_cosine

    head = SANDense(1)
    head.build((None, 3))
    real, fake = np.random.normal(size=(2, 16, 3)).astype("float32")
    cosine = direction_cosine(head, real, fake)
    ```

    Reference: Takida et al., "SAN", ICLR 2024, definition of direction optimality, figure 3.
    """
    real_features = ops.cast(real_features, "float32")
    fake_features = ops.cast(fake_features, "float32")
    if getattr(head, "conditional", False):
        directions = head.class_directions()
        real_features, fake_features = map(_mean_positions, (real_features, fake_features))
        members = ops.one_hot(ops.reshape(labels, (-1,)), head.num_classes, dtype="float32")
        difference = ops.matmul(ops.transpose(members), real_features - fake_features)
    else:
        head = getattr(head, "layer", head)
        kernel = ops.cast(ops.convert_to_tensor(head.kernel), "float32")
        directions = ops.transpose(ops.reshape(kernel, (-1, kernel.shape[-1])))
        directions = directions / ops.maximum(ops.norm(directions, axis=1, keepdims=True), 1e-12)
        # Means are linear: that of the batch first, which leaves one map of many.
        difference = ops.mean(real_features, axis=0) - ops.mean(fake_features, axis=0)
        difference = (_mean_patch if len(kernel.shape) == 4 else _mean_row)(head, difference)
        difference = ops.broadcast_to(ops.reshape(difference, (1, -1)), directions.shape)
    lengths = ops.sqrt(ops.sum(ops.square(difference), axis=1))
    return ops.sum(directions * difference) / ops.maximum(ops.sum(lengths), 1e-12)


def has_directions(head):
    """Whether `direction_cosine` can read a head, which may be any layer."""
    if getattr(head, "conditional", False):
        return hasattr(head, "class_directions")
    layer = getattr(head, "layer", head)
    if getattr(layer, "kernel", None) is None or isinstance(layer, keras.layers.Conv2DTranspose):
        return False
    plain = {"data_format": "channels_last", "dilation_rate": (1, 1), "groups": 1}
    return len(layer.kernel.shape) == 2 or all(
        getattr(layer, name, value) == value for name, value in plain.items()
    )


def _mean_positions(features):
    """A vector an image: itself, or the mean over the positions of a map."""
    axes = tuple(range(1, len(features.shape) - 1))
    return ops.mean(features, axis=axes) if axes else features


def _mean_row(head, features):
    return ops.mean(ops.reshape(features, (-1, features.shape[-1])), axis=0)


def _mean_patch(head, features):
    """Mean over all positions of a map of the patch under the kernel, of the kernel's extent."""
    rows, columns = head.kernel_size
    row_step, column_step = head.strides
    if head.padding == "same":
        features = _pad_same(features, head.kernel_size, head.strides)
    height = (features.shape[0] - rows) // row_step + 1
    width = (features.shape[1] - columns) // column_step + 1
    patch = [
        ops.mean(
            features[
                row : row + row_step * (height - 1) + 1 : row_step,
                column : column + column_step * (width - 1) + 1 : column_step,
            ],
            axis=(0, 1),
        )
        for row in range(rows)
        for column in range(columns)
    ]
    return ops.stack(patch)


def _pad_same(features, kernel_size, strides):
    widths = []
    for size, kernel, step in zip(features.shape[:2], kernel_size, strides, strict=True):
        total = max((-(-size // step) - 1) * step + kernel - size, 0)
        widths.append((total // 2, total - total // 2))
    return ops.pad(features, [*widths, (0, 0)])
