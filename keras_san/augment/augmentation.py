"""What the augmentations share."""


class Augmentation:
    """Base of the augmentations of all that the discriminator sees, real and generated.

    Both go through the same random transformation of each image, so the generator does not learn
    to make augmented images as long as the transformation could be undone in distribution. It is
    differentiable: the generator's gradient passes through it.

    A subclass gives `__call__(images, seed)`. One that adapts lists its state in `variables`
    (`keras.Variable`s, saved with the model), moves it in `observe`, and names what `observe`
    returns in `log_names`.

    Example:
    ```python
    from keras_san.augment import Augmentation

    class Negative(Augmentation):
        def __call__(self, images, seed=None):
            return -images
    ```

    Reference: Karras et al., "Training GANs with Limited Data", NeurIPS 2020, section 2.2.
    """

    log_names = ()
    # In how many parts an update sees its batch: `observe` is called for each.
    parts = 1

    def __call__(self, images, seed=None):
        """Augmented images.

        Args:
            images: tensor `(batch, height, width, channels)`, float in `[-1, 1]`.
            seed: int or `keras.random.SeedGenerator`.
        """
        raise NotImplementedError

    @property
    def variables(self):
        """The state: a list of `keras.Variable`, empty for most."""
        return []

    def observe(self, real_score):
        """Moves the state after the scores `(batch,)` of real images; a dict for the logs."""
        return {}

    def get_config(self):
        """The arguments of the constructor."""
        return {}

    @classmethod
    def from_config(cls, config):
        """An augmentation from what `get_config` gave."""
        return cls(**config)
