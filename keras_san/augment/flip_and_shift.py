"""Mirror images and small shifts."""

import keras

from keras_san.augment import spatial
from keras_san.augment.augmentation import Augmentation
from keras_san.augment.draws import Draws


@keras.saving.register_keras_serializable(package="keras_san")
class FlipAndShift(Augmentation):
    """Mirrors every second image by chance and moves it by a few pixels.

    The augmentation of consistency regularisation; see `keras_san.penalties.Consistency`.

    Args:
        pixels: int, by how much at most; a reflection comes in. Defaults to `4`.

    Example:
    ```python
    import numpy as np
    import keras_san

    images = np.zeros((4, 32, 32, 3), "float32")
    keras_san.augment.FlipAndShift(pixels=2)(images, seed=1).shape  # (4, 32, 32, 3)
    ```

    Reference: Zhang et al., "Consistency Regularization for GANs", ICLR 2020, section 3.
    """

    def __init__(self, pixels=4):
        self.pixels = pixels

    def __call__(self, images, seed=None):
        """Augmented images; see the class."""
        draws = Draws(images, seed, 3)
        images = spatial.flip_columns(images, draws.uniform() < 0.5)
        rows, columns = (draws.integer(-self.pixels, self.pixels) for _ in range(2))
        return spatial.shift(images, rows, columns, reflect=True)

    def get_config(self):
        """The arguments of the constructor."""
        return {"pixels": self.pixels}
