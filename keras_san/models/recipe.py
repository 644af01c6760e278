"""The training defaults of an architecture."""

import dataclasses

import keras

from keras_san.models.moving_average import MovingAverage


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What `"auto"` means for an architecture: the values of its paper.

    An architecture's generator carries it as the attribute `recipe`; that of a discriminator
    comes first where it has one.

    Args:
        loss: name of the objective.
        generator_learning_rate: float.
        discriminator_learning_rate: float.
        betas: pair of floats, of Adam.
        discriminator_steps: int, discriminator updates a generator update.
        ema_half_life: float, in images, of the moving average of the generator.
        ema_decay: float, the decay of a step where the paper states one, in place of the
            half-life; None for the half-life.
        ema_start: int, the steps before the average begins.
        penalties: tuple of strings such as `"orthogonal:1e-4"`, name and weight.
        augment: tuple of strings such as `"diff_augment"`, in their order.
        reference: string, where the values come from.

    Example:
    ```python
    from keras_san.models import DCGANGenerator

    print(DCGANGenerator.recipe.generator_learning_rate)
    ```
    """

    loss: str = "hinge"
    generator_learning_rate: float = 2e-4
    discriminator_learning_rate: float = 2e-4
    betas: tuple[float, float] = (0.5, 0.999)
    discriminator_steps: int = 1
    ema_half_life: float = 10_000.0
    ema_decay: float | None = None
    ema_start: int = 0
    penalties: tuple[str, ...] = ()
    augment: tuple[str, ...] = ()
    reference: str = ""

    def generator_optimizer(self):
        """A new optimizer of the generator."""
        return self._adam(self.generator_learning_rate)

    def discriminator_optimizer(self):
        """A new optimizer of the discriminator."""
        return self._adam(self.discriminator_learning_rate)

    def moving_average(self):
        """A new moving average of the generator."""
        return MovingAverage(self.ema_half_life, fixed_decay=self.ema_decay, start=self.ema_start)

    def _adam(self, learning_rate):
        return keras.optimizers.Adam(learning_rate, beta_1=self.betas[0], beta_2=self.betas[1])
