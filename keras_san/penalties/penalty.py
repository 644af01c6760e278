"""What the penalties share."""


class Penalty:
    """Base of the penalties: a scalar that is added to the discriminator's loss.

    A penalty is called with the discriminator as a function of images, and acts on its `fun`
    part, so that a SAN direction gets no gradient from it.

    Args:
        weight: float, by which the term is multiplied.
        name: string, its name in the logs. Defaults to the class's `default_name`.

    Raises:
        ValueError: if the weight is negative.

    Example:
    ```python
    import keras
    from keras_san.penalties import Penalty

    class Drift(Penalty):
        default_name = "drift"

        def __call__(self, score, real, fake, seed=None):
            return self.weight * keras.ops.mean(keras.ops.square(score(real)))

    drift = Drift(weight=1e-3)
    ```
    """

    def __init__(self, weight, name=None):
        if not weight >= 0:
            raise ValueError(f"`weight` must not be negative. Received: weight={weight!r}")
        self.weight = weight
        self.name = name or self.default_name

    default_name = "penalty"

    def __call__(self, score, real, fake, seed=None):
        """The weighted penalty, a scalar.

        Args:
            score: function of images `(batch, height, width, channels)` to scores, one or more
                an image.
            real: tensor of real images, float in `[-1, 1]`.
            fake: tensor of generated images of the same shape, without gradient.
            seed: the model's `keras.random.SeedGenerator`, for penalties that draw.
        """
        raise NotImplementedError

    def get_config(self):
        """The arguments of the constructor."""
        return {"weight": self.weight, "name": self.name}

    @classmethod
    def from_config(cls, config):
        """A penalty from what `get_config` gave."""
        return cls(**config)
