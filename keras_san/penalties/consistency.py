"""Consistency regularisation."""

import keras
from keras import ops

from keras_san import augment as augmentations
from keras_san.penalties.penalty import Penalty, seed_or_new


@keras.saving.register_keras_serializable(package="keras_san")
class Consistency(Penalty):
    """The discriminator should score an image and its augmented copy alike.

    With the default it is CR, which looks at real images; with a `fake_weight` it is bCR, which
    looks at both. Beside `keras_san.penalties.LatentConsistency` (zCR) bCR makes ICR.

    Formula, `T` the augmentation:
    ```
    weight * mean (score(real) - score(T(real)))^2
        + fake_weight * mean (score(fake) - score(T(fake)))^2
    ```

    Args:
        weight: float. Defaults to `10.0`.
        fake_weight: float; 0 leaves generated images out. Defaults to `0.0`.
        augment: what `keras_san.augment.get` takes. Defaults to `"flip_and_shift"`, the paper's.
        name: string, its name in the logs. Defaults to `"consistency"`.
        interval: int, see `keras_san.penalties.Penalty`. Defaults to `1`.

    Raises:
        ValueError: if the augmentation is unknown.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile(loss="hinge", penalties=[keras_san.penalties.Consistency(fake_weight=10.0)])
    ```

    Reference: Zhang et al., "Consistency Regularization for GANs", ICLR 2020, equation 6; Zhao et
    al., "Improved Consistency Regularization for GANs", AAAI 2021, algorithm 1.
    """

    default_name = "consistency"

    def __init__(
        self, weight=10.0, fake_weight=0.0, augment="flip_and_shift", name=None, interval=1
    ):
        super().__init__(weight, name, interval)
        self.fake_weight = fake_weight
        self.augment = augmentations.get(augment)

    @property
    def variables(self):
        """The state of the augmentation."""
        return self.augment.variables

    @property
    def parts(self):
        """In how many parts an update sees its batch."""
        return self.augment.parts

    @parts.setter
    def parts(self, count):
        self.augment.parts = count

    def term(self, update):
        """The weighted penalty, a scalar, from the scores that the update has already."""
        # What adapts or fades does so by what the penalty sees.
        self.augment.observe(update.real_score)
        scores = [(self.weight, update.real, update.real_score)]
        if self.fake_weight:
            scores.append((self.fake_weight, update.fake, update.fake_score))
        return self._total(update.score, scores, update.seed)

    def __call__(self, score, real, fake, seed=None):
        """The weighted penalty, a scalar; see the class."""
        images = [(self.weight, real)]
        if self.fake_weight:
            images.append((self.fake_weight, fake))
        return self._total(score, [(weight, x, score(x)) for weight, x in images], seed)

    def _total(self, score, terms, seed):
        seed = seed_or_new(seed)
        return sum(
            weight * ops.mean(ops.square(scores - score(self.augment(images, seed=seed))))
            for weight, images, scores in terms
        )

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "fake_weight": self.fake_weight,
            "augment": keras.saving.serialize_keras_object(self.augment),
        }
