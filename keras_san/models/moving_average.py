"""Exponential moving average of the generator, counted in images."""

import keras
from keras import ops

from keras_san import backend


@keras.saving.register_keras_serializable(package="keras_san")
class MovingAverage:
    """How the averaged generator follows the trained one.

    The half-life is in images, so that it means the same at every batch size; while few images
    were seen it is shorter, `ramp_up` times their number. Papers that state a decay a step and a
    step to start from are followed with `fixed_decay` and `start`.

    Formula, `n` the batch size, `t` the images seen before the step:
    ```
    decay = 0.5 ** (n / min(half_life, ramp_up * t)), or fixed_decay; 0 while t / n < start
    average = decay * average + (1 - decay) * weight
    ```
    The statistics of batch normalisation are averaged as the weights are (as in Brock et al.'s
    code): those of the trained weights do not fit averaged ones. Other buffers (the vectors of
    spectral normalisation) are copied.

    Args:
        half_life: float, in images. 0 copies the weights at every step. Defaults to `10_000`.
        ramp_up: float, or None for no ramp-up. Defaults to `0.05`.
        fixed_decay: float in `[0, 1)`, the decay of every step in place of the half-life, or
            None. Defaults to `None`.
        start: int, the steps at which the weights are still copied. Defaults to `0`.

    Raises:
        ValueError: if an argument is out of range.

    Example:
    ```python
    import keras_san
    from keras_san.models import MovingAverage

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4, ema=MovingAverage(20_000))
    ```

    Reference: Karras et al., "Progressive Growing of GANs", ICLR 2018, section 6.2; the ramp-up
    is StyleGAN2-ADA's.
    """

    def __init__(self, half_life=10_000.0, ramp_up=0.05, fixed_decay=None, start=0):
        if half_life < 0 or (ramp_up is not None and ramp_up <= 0):
            raise ValueError(
                "`half_life` must not be negative and `ramp_up` must be positive or None. "
                f"Received: half_life={half_life!r}, ramp_up={ramp_up!r}"
            )
        if (fixed_decay is not None and not 0.0 <= fixed_decay < 1.0) or start < 0:
            raise ValueError(
                "`fixed_decay` must be in [0, 1) or None and `start` a number of steps. "
                f"Received: fixed_decay={fixed_decay!r}, start={start!r}"
            )
        self.half_life = half_life
        self.ramp_up = ramp_up
        self.fixed_decay = fixed_decay
        self.start = start

    def decay(self, batch_size, images_seen):
        """The decay of a step, a scalar tensor of float32."""
        batch_size, images_seen = (ops.cast(x, "float32") for x in (batch_size, images_seen))
        if self.fixed_decay is not None:
            decay = ops.convert_to_tensor(self.fixed_decay, "float32")
        else:
            half_life = ops.convert_to_tensor(self.half_life, "float32")
            if self.ramp_up is not None:
                half_life = ops.minimum(half_life, self.ramp_up * images_seen)
            decay = ops.power(0.5, batch_size / ops.maximum(half_life, 1e-8))
        if not self.start:
            return decay
        return ops.where(images_seen < self.start * batch_size, ops.zeros_like(decay), decay)

    def update(self, average, model, decay):
        """Moves weights and statistics of `average` towards those of `model`, copies buffers."""
        buffers = {id(weight) for weight in model.non_trainable_weights}
        buffers -= {id(weight) for weight in _batch_statistics(model)}
        pairs = list(zip(average.weights, model.weights, strict=True))
        copied = [pair for pair in pairs if id(pair[1]) in buffers]
        moved = [pair for pair in pairs if id(pair[1]) not in buffers]
        if copied:
            backend.copy(*zip(*copied, strict=True))
        if moved:
            backend.lerp(*zip(*moved, strict=True), 1.0 - decay)

    def get_config(self):
        """The arguments of the constructor."""
        return {
            "half_life": self.half_life,
            "ramp_up": self.ramp_up,
            "fixed_decay": self.fixed_decay,
            "start": self.start,
        }

    @classmethod
    def from_config(cls, config):
        """A moving average from what `get_config` gave."""
        return cls(**config)


def _batch_statistics(model):
    """The moving means and variances of a model's batch normalisations, nested ones too."""
    names = ("moving_mean", "moving_variance")
    found = [getattr(layer, name, None) for layer in model._flatten_layers() for name in names]
    return [variable for variable in found if variable is not None]
