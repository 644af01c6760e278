"""Blur that fades out."""

import keras
from keras import ops

from keras_san import backend
from keras_san.augment.augmentation import Augmentation
from keras_san.features.resize import resized


@keras.saving.register_keras_serializable(package="keras_san")
class Blur(Augmentation):
    """A Gaussian blur of real and generated images that fades out while training goes on.

    Use it in front of other augmentations with a discriminator that judges details from the first
    step on, such as `keras_san.models.ProjectedDiscriminator`: the generator finds shapes before
    it has to find textures.

    Formula, `s` falling linearly from `sigma` to 0, `d` the distance in pixels:
    ```
    weight = 2 ** -(d / s)^2 for d <= 3 s, over the sum of the weights inside the image
    ```

    Args:
        sigma: float, in pixels, at first. Defaults to `2.0`.
        images: int, real images after which it is gone. How many were seen is saved with the
            model. Defaults to `200_000`.

    Raises:
        ValueError: if a number is not positive.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile(augment=[keras_san.augment.Blur(images=100_000), "diff_augment"])
    ```

    Reference: Sauer et al., "StyleGAN-XL", SIGGRAPH 2022, section 3.1.
    """

    def __init__(self, sigma=2.0, images=200_000):
        if not sigma > 0 or images < 1:
            raise ValueError(
                "`sigma` and `images` must be positive. "
                f"Received: sigma={sigma!r}, images={images!r}"
            )
        self.sigma = sigma
        self.images = images
        self._seen = backend.running_number(0.0, "blur_images")

    @property
    def variables(self):
        """How many images were seen."""
        return [self._seen]

    def __call__(self, images, seed=None):
        """Blurred images; see the class."""
        sigma = self.sigma * ops.maximum(1.0 - self._seen / float(self.images), 0.0)
        return resized(images, *(_matrix(size, sigma) for size in images.shape[1:3]))

    def observe(self, real_score):
        """Counts the images."""
        count = ops.shape(real_score)[0] * backend.replica_count()
        self._seen.assign_add(ops.cast(count, "float32"))
        return {}

    def get_config(self):
        """The arguments of the constructor."""
        return {"sigma": self.sigma, "images": self.images}


def _matrix(size, sigma):
    """The matrix that blurs a row; the identity where `sigma` is zero."""
    places = ops.arange(size, dtype="float32")
    distances = ops.abs(ops.expand_dims(places, 1) - ops.expand_dims(places, 0))
    weights = ops.power(2.0, -ops.square(distances / ops.maximum(sigma, 1e-3)))
    weights = weights * ops.cast(distances <= ops.floor(3.0 * sigma), "float32")
    return weights / ops.sum(weights, axis=1, keepdims=True)
