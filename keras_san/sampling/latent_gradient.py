"""Values of a network of latents and their gradient, on arrays of any length."""

import numpy as np
from keras import ops

from keras_san import backend


class LatentGradient:
    """A compiled function of arrays to values `(count,)` and their gradient by the first array.

    Args:
        network: `keras.Model` from a list, latents `(batch, latent_dim)` first, to `(batch,)`.
        batch_size: int; all calls are made in batches of this size, the last one padded.
    """

    def __init__(self, network, batch_size):
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be positive. Received: batch_size={batch_size!r}")
        self._function = backend.value_and_input_gradient(network)
        self._batch_size = batch_size

    def __call__(self, *arrays):
        """Values `(count,)` and gradient `(count, latent_dim)`, both float32."""
        count = len(arrays[0])
        values = np.empty(count, "float32")
        gradients = np.empty(arrays[0].shape, "float32")
        for start in range(0, count, self._batch_size):
            # One shape, one compilation: the last row again and again fills the last batch.
            rows = np.minimum(np.arange(start, start + self._batch_size), count - 1)
            size = min(self._batch_size, count - start)
            outputs = self._function([ops.convert_to_tensor(array[rows]) for array in arrays])
            part = slice(start, start + size)
            values[part], gradients[part] = (
                ops.convert_to_numpy(output)[:size] for output in outputs
            )
        return values, gradients


def generated(generator, inputs):
    """Images of a generator in inference mode, float32, of `[latents]` or `[latents, labels]`."""
    images = generator(inputs if len(inputs) > 1 else inputs[0], training=False)
    return ops.cast(images, "float32")
