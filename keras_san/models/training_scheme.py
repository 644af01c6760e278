"""How a model is trained, beside what it minimises."""

import dataclasses

import keras


@keras.saving.register_keras_serializable(package="keras_san")
@dataclasses.dataclass(frozen=True)
class TrainingScheme:
    """The options of training that most models do without; `SANModel.compile(scheme=...)`.

    Nothing of it costs anything while it is at its default.

    Args:
        top_k: float in `(0, 1]`: the generator learns from this share of its images, those of the
            best scores. Defaults to `1.0`.
        top_k_images: int, real images in which the share falls linearly from 1 to `top_k`; 0 for
            at once. Defaults to `0`.
        accumulation: int: an update goes through its batch in so many parts and applies the mean
            of their gradients, in a fraction of the memory. Defaults to `1`.
        generator_batch_size: int, images of a generator update; None for as many as a
            discriminator update has. Defaults to `None`.
        decay_steps: int, steps in which the learning rates of both players fall linearly to zero;
            None for constant rates. An optimizer with a schedule of its own keeps that. Defaults
            to `None`.
        warm_up_steps: int, updates in which the discriminator's learning rate rises linearly from
            zero. A discriminator that learns faster than the generator at first can leave it
            without a way back. An optimizer with a schedule of its own rises to that. Defaults to
            `0`.
        weight_clip: float, limit of every weight of the discriminator but a SAN direction, see
            `keras_san.layers.WeightClip`; None for none. Defaults to `None`.
        label_smoothing: float in `[0, 0.5)`, one-sided: real images count that much as generated
            ones to the discriminator. Defaults to `0.0`.
        label_flipping: float in `[0, 0.5)`, the share of images, real and generated, that the
            discriminator takes for the other kind, by chance. Defaults to `0.0`.

    Raises:
        ValueError: if a number is out of range.

    Example:
    ```python
    import keras_san
    from keras_san.models import TrainingScheme

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile(scheme=TrainingScheme(top_k=0.5, top_k_images=500_000, decay_steps=100_000))
    ```

    Reference: Sinha et al., "Top-k Training of GANs", NeurIPS 2020; Salimans et al., "Improved
    Techniques for Training GANs", NeurIPS 2016, section 3.4 (smoothing).
    """

    top_k: float = 1.0
    top_k_images: int = 0
    accumulation: int = 1
    generator_batch_size: int | None = None
    decay_steps: int | None = None
    warm_up_steps: int = 0
    weight_clip: float | None = None
    label_smoothing: float = 0.0
    label_flipping: float = 0.0

    def __post_init__(self):
        self._check("top_k", 0.0 < self.top_k <= 1.0, "in (0, 1]")
        for name in ("top_k_images", "warm_up_steps"):
            self._check(name, getattr(self, name) >= 0, "not negative")
        is_count = isinstance(self.accumulation, int) and self.accumulation >= 1
        self._check("accumulation", is_count, "a positive integer")
        count = self.generator_batch_size
        self._check(
            "generator_batch_size",
            count is None or count >= self.accumulation,
            f"at least `accumulation`={self.accumulation}, or None",
        )
        for name in ("generator_batch_size", "decay_steps", "weight_clip"):
            value = getattr(self, name)
            self._check(name, value is None or value > 0, "positive or None")
        for name in ("label_smoothing", "label_flipping"):
            self._check(name, 0.0 <= getattr(self, name) < 0.5, "in [0, 0.5)")

    def _check(self, name, holds, expected):
        if not holds:
            raise ValueError(f"`{name}` must be {expected}. Received: {getattr(self, name)!r}")

    @property
    def label_noise(self):
        """Whether labels are smoothed or flipped."""
        return bool(self.label_smoothing or self.label_flipping)

    def get_config(self):
        """The arguments of the constructor."""
        return dataclasses.asdict(self)

    @classmethod
    def from_config(cls, config):
        """A scheme from what `get_config` gave."""
        return cls(**config)
