"""The head of an AC-GAN discriminator."""

import keras

from keras_san.layers.san_dense import SANDense
from keras_san.layers.spectral_normalization import SpectralNormalization
from keras_san.layers.unit_sphere import UnitDirection


@keras.saving.register_keras_serializable(package="keras_san")
class ClassifierHead(keras.layers.Layer):
    """Scores features and, beside that, tells their class.

    Use it with `keras_san.penalties.ClassLikelihood` for AC-GAN. The score does not look at labels.

    Args:
        num_classes: int.
        head: `"san"` for a SAN head, `"dense"` for the ordinary GAN's. Defaults to `"san"`.
        kernel_initializer: of both parts. Defaults to `"glorot_uniform"`.
        scale_unit: of the SAN head, see `keras_san.layers.SANHead`. Defaults to `1.0`.
        use_bias: bool, of the score. Defaults to `True`.
        spectral_normalization: bool, whether the score's kernel has unit norm, as behind a trunk
            with spectral normalisation: for good in the ordinary GAN's head, at first in the SAN
            head, whose scale learns. The class logits are left free. Defaults to `False`.
        **kwargs: of `keras.layers.Layer`.

    Call arguments:
        inputs: features `(batch, features)`.
        direction_pair: bool, whether to return `(fun, dir)`; with the SAN head only.

    Returns:
        Scores `(batch, 1)`, or their pair. `class_logits(inputs)` gives `(batch, num_classes)`.

    Raises:
        ValueError: if `num_classes` or `head` is none of these.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import ClassifierHead

    head = ClassifierHead(10)
    features = np.ones((2, 8), "float32")
    head(features).shape, head.class_logits(features).shape  # (2, 1), (2, 10)
    ```

    Reference: Odena et al., "Conditional Image Synthesis with Auxiliary Classifier GANs", ICML
    2017, figure 1.
    """

    def __init__(
        self,
        num_classes,
        head="san",
        kernel_initializer="glorot_uniform",
        scale_unit=1.0,
        use_bias=True,
        spectral_normalization=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if num_classes < 2 or head not in ("san", "dense"):
            raise ValueError(
                "`num_classes` must be at least 2 and `head` 'san' or 'dense'. "
                f"Received: num_classes={num_classes!r}, head={head!r}"
            )
        self.num_classes = num_classes
        self.head = head
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.scale_unit = scale_unit
        self.use_bias = use_bias
        self.spectral_normalization = spectral_normalization
        self.has_direction = head == "san"
        clone = self.kernel_initializer.clone
        options = dict(use_bias=use_bias, dtype=self.dtype_policy, name="scores")
        if self.has_direction:
            initializer = UnitDirection(clone()) if spectral_normalization else clone()
            self.scores = SANDense(
                1, scale_unit=scale_unit, kernel_initializer=initializer, **options
            )
        else:
            self.scores = keras.layers.Dense(1, kernel_initializer=clone(), **options)
            if spectral_normalization:
                self.scores = SpectralNormalization(self.scores, name="scores")
        self.classes = keras.layers.Dense(
            num_classes, kernel_initializer=clone(), dtype=self.dtype_policy, name="classes"
        )

    def build(self, input_shape):
        """Makes the weights of both parts."""
        self.scores.build(input_shape)
        self.classes.build(input_shape)

    @property
    def kernel(self):
        """The direction of the scores."""
        return self.scores.kernel

    def class_logits(self, features):
        """The logits of the classes, `(batch, num_classes)`."""
        return self.classes(features)

    def call(self, inputs, direction_pair=False, training=None):
        """Scores, or their pair; see the class."""
        if direction_pair:
            return self.scores(inputs, direction_pair=True)
        if isinstance(self.scores, SpectralNormalization):
            return self.scores(inputs, training=training)
        return self.scores(inputs)

    def compute_output_shape(self, input_shape):
        """Shape of the scores."""
        return (*input_shape[:-1], 1)

    def compute_output_spec(self, inputs, direction_pair=False, training=None):
        """What a symbolic call gives: one tensor, or the pair."""
        shape = self.compute_output_shape(inputs.shape)
        # A wrapper computes in its variables' dtype, and gives that of its layer.
        dtype = getattr(self.scores, "layer", self.scores).compute_dtype
        first, second = (keras.KerasTensor(shape, dtype=dtype) for _ in range(2))
        return (first, second) if direction_pair else first

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "num_classes": self.num_classes,
            "head": self.head,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "scale_unit": self.scale_unit,
            "use_bias": self.use_bias,
            "spectral_normalization": self.spectral_normalization,
        }
