"""What the GAN objectives share."""

from keras import ops

from keras_san import backend


class AdversarialLoss:
    """Base of the GAN objectives: what the generator, the discriminator and the direction minimise.

    An objective is an object with three functions of scores (any shape, any range, float32) and a
    config; a subclass gives the formulas of one score and the rest follows:

    - `generator_terms(fake)`: R, the generator's loss of each score;
    - `real_terms(real)` and `fake_terms(fake)`: the discriminator's losses of each score, or
      `discriminator(real, fake)` itself, a scalar, where it is no sum of two means;
    - `generator_slope(scores)`: `-R'`, by which the direction's gradient weights each sample.

    The direction's loss is `mean R(real) - mean R(fake)`, R monotone decreasing.

    An objective may keep state: `variables` lists it (`keras.Variable`s, saved with the model),
    `observe(real, fake)` updates it and returns scalars for the logs, `log_names` names them.

    Args:
        normalize_weights: bool. By default a sample weighs `-R'(score)` in the direction's
            gradient, as the authors ship it; `True` divides these weights by their sum over the
            batch, as the paper's notation suggests. Defaults to `False`.

    Example:
    ```python
    import keras
    from keras_san.losses import AdversarialLoss

    class Exponential(AdversarialLoss):
        def generator_terms(self, fake):
            return keras.ops.exp(-fake)

        def generator_slope(self, scores):
            return keras.ops.exp(-scores)

        def real_terms(self, real):
            return keras.ops.exp(-real)

        def fake_terms(self, fake):
            return keras.ops.exp(fake)
    ```

    Reference: Takida et al., "SAN", ICLR 2024, equation 10.
    """

    # Whether `generator` wants the real scores as well: the relativistic objectives.
    needs_real = False
    # Whether real and fake may trade places for some samples: not where they meet a margin.
    takes_label_noise = False
    log_names = ()
    # In how many parts an update sees its batch: `observe` is called for each.
    parts = 1

    def __init__(self, normalize_weights=False):
        self.normalize_weights = normalize_weights

    def generator_terms(self, fake):
        """The generator's loss of each score, a tensor of the shape of `fake`."""
        raise NotImplementedError

    def direction_terms(self, scores):
        """R of the direction's loss: `generator_terms`, or a monotone stand-in for it."""
        return self.generator_terms(scores)

    def generator_slope(self, scores):
        """Minus the derivative of `direction_terms`, a positive tensor of the same shape."""
        raise NotImplementedError

    def real_terms(self, real):
        """The discriminator's loss of each real score, a tensor of the shape of `real`."""
        raise NotImplementedError

    def fake_terms(self, fake):
        """The discriminator's loss of each fake score, a tensor of the shape of `fake`."""
        raise NotImplementedError

    def discriminator(self, real, fake):
        """The discriminator's loss on the scores of real and fake images, a scalar."""
        return ops.mean(self.real_terms(real)) + ops.mean(self.fake_terms(fake))

    def generator(self, fake):
        """The generator's loss on the scores of its images, a scalar."""
        return ops.mean(self.generator_terms(fake))

    def direction(self, real, fake):
        """The direction's loss on the scores of real and fake images, a scalar."""
        if self.normalize_weights:
            return self._weighted_mean(fake) - self._weighted_mean(real)
        return ops.mean(self.direction_terms(real)) - ops.mean(self.direction_terms(fake))

    def _weighted_mean(self, scores):
        weights = ops.stop_gradient(self.generator_slope(scores))
        total = backend.all_mean(ops.sum(weights))
        return ops.sum(ops.multiply(weights, scores)) / ops.maximum(total, 1e-12)

    @property
    def variables(self):
        """The state: a list of `keras.Variable`, empty but for objectives that adapt."""
        return []

    def observe(self, real, fake):
        """Updates the state after the scores of a discriminator update; a dict for the logs."""
        return {}

    def get_config(self):
        """The arguments of the constructor."""
        return {"normalize_weights": self.normalize_weights}

    @classmethod
    def from_config(cls, config):
        """An objective from what `get_config` gave."""
        return cls(**config)
