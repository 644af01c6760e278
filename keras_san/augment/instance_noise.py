"""Instance noise."""

import keras
from keras import ops

from keras_san import backend
from keras_san.augment.augmentation import Augmentation


@keras.saving.register_keras_serializable(package="keras_san")
class InstanceNoise(Augmentation):
    """Normal noise on real and generated images, which makes their distributions overlap.

    Args:
        stddev: float, of the noise at first. Defaults to `0.1`.
        images: int, real images after which it is gone, falling linearly; None keeps it. How many
            were seen is saved with the model. Defaults to `None`.

    Raises:
        ValueError: if `stddev` is negative or `images` is not positive.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile(augment=keras_san.augment.InstanceNoise(0.2, images=500_000))
    ```

    Reference: Sonderby et al., "Amortised MAP Inference for Image Super-resolution", ICLR 2017,
    section 3.2.
    """

    def __init__(self, stddev=0.1, images=None):
        if not stddev >= 0 or (images is not None and images < 1):
            raise ValueError(
                "`stddev` must not be negative and `images` positive or None. "
                f"Received: stddev={stddev!r}, images={images!r}"
            )
        self.stddev = stddev
        self.images = images
        self._seen = []
        if images is not None:
            self._seen.append(backend.running_number(0.0, "instance_noise_images"))

    @property
    def variables(self):
        """How many images were seen, where the noise falls."""
        return self._seen

    def __call__(self, images, seed=None):
        """Noised images; see the class."""
        stddev = self.stddev
        if self._seen:
            stddev = stddev * ops.maximum(1.0 - self._seen[0] / float(self.images), 0.0)
        noise = backend.own_rows(
            lambda rows: keras.random.normal((rows, *images.shape[1:]), seed=seed),
            ops.shape(images)[0],
        )
        return images + ops.cast(stddev * noise, images.dtype)

    def observe(self, real_score):
        """Counts the images."""
        count = ops.shape(real_score)[0] * backend.replica_count()
        for seen in self._seen:
            seen.assign_add(ops.cast(count, "float32"))
        return {}

    def get_config(self):
        """The arguments of the constructor."""
        return {"stddev": self.stddev, "images": self.images}
