"""Noise that a generator adds to its maps."""

import keras
import numpy as np
from keras import ops

from keras_san import backend


@keras.saving.register_keras_serializable(package="keras_san")
class NoiseInjection(keras.layers.Layer):
    """Adds noise, one value a position for all channels, times one learned weight.

    Use it in generators, between a convolution and its normalisation, for detail that no latent
    need encode. The weight starts at 0, so that a new layer changes nothing.

    A training call draws the noise of every image anew. An inference call adds one fixed map,
    the same to all images, which `seed` makes: an image then depends on its latents alone,
    whatever batch it is in and on whichever backend, and the statistics of the normalisation
    behind, which saw noise of this size, stay true.

    Formula, `noise` of standard normal values `(batch, height, width, 1)`:
    ```
    output = maps + strength * noise
    ```

    Args:
        seed: int in `[0, 2**32)`, of the fixed map. Layers of one network get different ones.
            Defaults to `0`.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: tensor `(batch, height, width, channels)`, height and width known.
        training: bool, whether the noise is drawn anew.

    Returns:
        Tensor of the shape of `inputs`.

    Raises:
        ValueError: if the seed is out of range, or the height or width is unknown.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import NoiseInjection

    layer = NoiseInjection()
    layer(np.ones((2, 4, 4, 8), "float32"), training=True).shape  # (2, 4, 4, 8)
    ```

    Reference: Karras et al., "A Style-Based Generator Architecture for GANs", CVPR 2019, with a
    weight a channel; one weight is FastGAN's, Liu et al., ICLR 2021. The fixed map is our choice.
    """

    def __init__(self, seed=0, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(seed, int) or not 0 <= seed < 2**32:
            raise ValueError(f"`seed` must be an integer in [0, 2**32). Received: seed={seed!r}")
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, input_shape):
        """Creates the learned weight `strength` and the array `fixed_map`."""
        size = tuple(input_shape[1:3])
        if len(input_shape) != 4 or None in size:
            raise ValueError(
                "`NoiseInjection` takes maps (batch, height, width, channels) of known height and "
                f"width. Received: input shape {tuple(input_shape)}"
            )
        self.strength = self.add_weight(name="strength", shape=(), initializer="zeros")
        # `RandomState` gives the same numbers in every version of NumPy.
        noise = np.random.RandomState(self.seed).standard_normal((1, *size, 1))
        self.fixed_map = noise.astype("float32")

    def call(self, inputs, training=None):
        """The maps and the noise; see the class."""
        noise = self._drawn(inputs) if training else self.fixed_map
        strength = ops.cast(self.strength, self.compute_dtype)
        return inputs + strength * ops.cast(noise, self.compute_dtype)

    def _drawn(self, inputs):
        size = self.fixed_map.shape[1:]
        return backend.own_rows(
            lambda rows: keras.random.normal(
                (rows, *size), dtype="float32", seed=self.seed_generator
            ),
            ops.shape(inputs)[0],
        )

    def compute_output_shape(self, input_shape):
        """Shape of the inputs."""
        return tuple(input_shape)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {"seed": self.seed}
