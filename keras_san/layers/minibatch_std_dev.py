"""The spread of a batch as a feature."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_san")
class MinibatchStdDev(keras.layers.Layer):
    """Appends the standard deviation over a group of samples as a further channel.

    Use it near the end of a discriminator: a generator that makes too little variety is seen by
    it. Groups have as many samples as the greatest common divisor of `group_size` and the batch
    size, so that every batch can be divided.

    Formula, for each group of samples and each part of the channels:
    ```
    statistic = mean over positions and channels of sqrt(variance over the group + 1e-8)
    ```

    Args:
        group_size: int, the greatest number of samples in a group. Defaults to `4`.
        num_channels: int, number of statistics; the channels are divided into as many parts.
            Defaults to `1`.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: tensor `(batch, height, width, channels)`.

    Returns:
        Tensor `(batch, height, width, channels + num_channels)`.

    Raises:
        ValueError: if an argument is not positive, or the channels cannot be divided.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import MinibatchStdDev

    MinibatchStdDev()(np.ones((8, 4, 4, 16), "float32")).shape  # (8, 4, 4, 17)
    ```

    Reference: Karras et al., "Progressive Growing of GANs", ICLR 2018, section 3; groups as in
    StyleGAN2.
    """

    # The training step must not show real and generated images to it in one batch.
    couples_samples = True

    def __init__(self, group_size=4, num_channels=1, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("group_size", group_size), ("num_channels", num_channels)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value!r}")
        self.group_size = group_size
        self.num_channels = num_channels

    def build(self, input_shape):
        """Checks that the channels can be divided."""
        if input_shape[-1] % self.num_channels:
            raise ValueError(
                f"{input_shape[-1]} channels cannot be divided into num_channels="
                f"{self.num_channels} parts of one size."
            )

    def call(self, inputs):
        """The inputs and the statistics; see the class."""
        height, width, channels = inputs.shape[1:]
        parts = (height, width, self.num_channels, channels // self.num_channels)
        group = self._group(ops.shape(inputs)[0])
        # A float16 variance overflows and underflows.
        samples = ops.reshape(ops.cast(inputs, "float32"), (group, -1, *parts))
        deviation = ops.sqrt(ops.var(samples, axis=0) + 1e-8)
        statistics = ops.mean(deviation, axis=(1, 2, 4))[None, :, None, None, :]
        # Sample g * groups + n of the batch is sample g of group n.
        tiled = ops.ones_like(samples[..., 0]) * statistics
        maps = ops.reshape(tiled, (-1, height, width, self.num_channels))
        return ops.concatenate([inputs, ops.cast(maps, inputs.dtype)], axis=-1)

    def _group(self, batch):
        """The greatest common divisor; a graph may know the size of the batch only when it runs."""
        group = 1
        for divisor in range(2, self.group_size + 1):
            if self.group_size % divisor:
                continue
            if isinstance(batch, int):
                group = group if batch % divisor else divisor
            else:
                group = ops.where(ops.equal(batch % divisor, 0), divisor, group)
        return group

    def compute_output_shape(self, input_shape):
        """Shape with the further channels."""
        return (*input_shape[:-1], input_shape[-1] + self.num_channels)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "group_size": self.group_size,
            "num_channels": self.num_channels,
        }
