"""The class terms of AC-GAN."""

import keras
from keras import ops

from keras_san.penalties.penalty import Penalty


@keras.saving.register_keras_serializable(package="keras_san")
class ClassLikelihood(Penalty):
    """Both players maximise the log-likelihood of the right class (AC-GAN).

    It needs a discriminator that tells classes: `head="san_classifier"` or `"dense_classifier"`
    in `keras_san.models.build`.

    Formula, `c(x)` the discriminator's log-probability of the image's class:
    ```
    discriminator: -weight * (mean c(real) + mean c(fake))
    generator:     -generator_weight * mean c(fake)
    ```

    Args:
        weight: float, of the discriminator's term. Defaults to `1.0`.
        generator_weight: float. Defaults to `1.0`.
        name: string, its name in the logs, followed by the player. Defaults to
            `"class_likelihood"`.
        interval: int, see `keras_san.penalties.Penalty`. Defaults to `1`.

    Raises:
        ValueError: in the step, if the discriminator tells no classes.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build(
        "dcgan", (32, 32, 3), num_classes=10, width=4, head="san_classifier"
    )
    model.compile(penalties=[keras_san.penalties.ClassLikelihood(generator_weight=0.1)])
    ```

    Reference: Odena et al., "Conditional Image Synthesis with Auxiliary Classifier GANs", ICML
    2017, equation 3.
    """

    default_name = "class_likelihood"
    player = "both"

    def __init__(self, weight=1.0, generator_weight=1.0, name=None, interval=1):
        super().__init__(weight, name, interval)
        self.generator_weight = generator_weight

    def term(self, update):
        """The weighted term of the player that moves, a scalar."""
        if update.class_logits is None:
            raise ValueError(
                "`ClassLikelihood` needs a discriminator that tells classes. Build it with "
                "head='san_classifier' or head='dense_classifier', and with `num_classes`."
            )
        fake = _cross_entropy(update.class_logits(update.fake_features), update.labels)
        if update.player == "generator":
            return self.generator_weight * fake
        real = _cross_entropy(update.class_logits(update.real_features), update.labels)
        return self.weight * (real + fake)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {"generator_weight": self.generator_weight}


def _cross_entropy(logits, labels):
    logits = ops.cast(logits, "float32")
    return ops.mean(keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True))
