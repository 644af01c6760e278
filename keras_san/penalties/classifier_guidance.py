"""Classifier guidance."""

import keras
from keras import ops

from keras_san.features import frozen_network
from keras_san.penalties.penalty import Penalty


@keras.saving.register_keras_serializable(package="keras_san")
class ClassifierGuidance(Penalty):
    """A classifier should see the class that the generator was asked for.

    Use it for a conditional generator of many classes, late or lightly: the generator will please
    the classifier where the discriminator lets it. The classifier is frozen, sees the images
    without augmentation, and is named in configs by hash, as the feature networks of
    `keras_san.models.ProjectedDiscriminator` are.

    Formula, `p` the classifier's probability of the label:
    ```
    generator: -weight * mean log p(fake)
    ```

    Args:
        classifier: `keras.Model` from images in `[-1, 1]` of a fixed size to logits, what
            `keras_san.models.register_network` returned, `"mnist_classifier"` or
            `"fashion_mnist_classifier"`, or the path of a `.keras` file.
        weight: float. Defaults to `1.0`; StyleGAN-XL has up to 8.
        name: string, its name in the logs. Defaults to `"classifier_guidance"`.
        interval: int, see `keras_san.penalties.Penalty`. Defaults to `1`.

    Raises:
        ValueError: if there is no such classifier; in the step, if the model has no labels or
            the classifier other classes.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 1), num_classes=10, width=4)
    model.compile(penalties=["classifier_guidance@fashion_mnist_classifier:0.1"])
    ```

    Reference: Sauer et al., "StyleGAN-XL", SIGGRAPH 2022, section 3.3.
    """

    default_name = "classifier_guidance"
    player = "generator"

    def __init__(self, classifier, weight=1.0, name=None, interval=1):
        super().__init__(weight, name, interval)
        if isinstance(classifier, str) and classifier.endswith(".keras"):
            classifier = keras.models.load_model(classifier, compile=False)
        self.network = frozen_network.classifier(classifier)
        self.classifier = self.network.reference

    @property
    def frozen_variables(self):
        """The classifier's weights, which a compiled step carries along and no file holds."""
        return self.network.variables

    def term(self, update):
        """The weighted penalty, a scalar."""
        if update.labels is None:
            raise ValueError(
                "`ClassifierGuidance` needs a class-conditional model: build it with `num_classes`."
            )
        prepare = self.network.preprocess(tuple(update.fake.shape[1:]))
        logits = ops.cast(self.network(prepare(update.fake)), "float32")
        classes = getattr(update.network, "num_classes", logits.shape[-1])
        if logits.shape[-1] != classes:
            raise ValueError(
                f"The classifier {self.network.name!r} knows {logits.shape[-1]} classes, the "
                f"generator makes {classes}."
            )
        return self.weight * ops.mean(
            keras.losses.sparse_categorical_crossentropy(update.labels, logits, from_logits=True)
        )

    def get_config(self):
        """The arguments of the constructor, the classifier by name and hash."""
        return super().get_config() | {"classifier": self.classifier}
