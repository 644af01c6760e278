"""What the penalties share."""

import random

PLAYERS = ("discriminator", "generator", "both")


class Penalty:
    """Base of the penalties: a scalar that is added to the loss of a player.

    Most penalties ask the discriminator as a function of images, and act on its `fun` part, so
    that a SAN direction gets no gradient from them; a subclass gives them as
    `__call__(score, real, fake, seed)`. What needs more (weights, latents, features) overrides
    `term(update)`. The class attribute `player` says whose loss it joins.

    A penalty with state lists it in `variables` (`keras.Variable`s, saved with the model).

    Args:
        weight: float, by which the term is multiplied.
        name: string, its name in the logs. Defaults to the class's `default_name`.
        interval: int, lazy regularisation: the term is computed at every `interval`-th update
            only, and counts `interval` times there. Defaults to `1`.

    Raises:
        ValueError: if the weight is negative or the interval is not a positive integer.

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

    Reference: lazy regularisation is Karras et al., "StyleGAN2", CVPR 2020, section 3.1.
    """

    default_name = "penalty"
    player = "discriminator"
    # In how many parts an update sees its batch: `term` is called for each.
    parts = 1

    def __init__(self, weight, name=None, interval=1):
        if not weight >= 0:
            raise ValueError(f"`weight` must not be negative. Received: weight={weight!r}")
        if int(interval) != interval or interval < 1:
            raise ValueError(
                f"`interval` must be a positive integer. Received: interval={interval!r}"
            )
        self.weight = weight
        self.name = name or self.default_name
        self.interval = int(interval)

    @property
    def variables(self):
        """The state: a list of `keras.Variable`, empty for most."""
        return []

    @property
    def frozen_variables(self):
        """Weights of a frozen network that it asks: never saved, found again by name and hash."""
        return []

    def acts_on(self, player):
        """Whether the term joins the loss of `"discriminator"` or `"generator"`."""
        return self.player in (player, "both")

    def log_name(self, player):
        """The name in the logs; a penalty of both players has one for each."""
        return f"{self.name}_{player}" if self.player == "both" else self.name

    def term(self, update):
        """The weighted penalty of one update, a scalar.

        Args:
            update: `keras_san.penalties.Update`.
        """
        return self(update.score, update.real, update.fake, seed=update.seed)

    def __call__(self, score, real, fake, seed=None):
        """The weighted penalty, a scalar.

        Args:
            score: function of images `(batch, height, width, channels)` to scores, one or more
                an image.
            real: tensor of real images, float in `[-1, 1]`.
            fake: tensor of generated images of the same shape, without gradient.
            seed: the model's `keras.random.SeedGenerator`, for penalties that draw. None draws a
                new seed at each call; inside a compiled function that is once.
        """
        raise NotImplementedError

    def get_config(self):
        """The arguments of the constructor."""
        return {"weight": self.weight, "name": self.name, "interval": self.interval}

    @classmethod
    def from_config(cls, config):
        """A penalty from what `get_config` gave."""
        return cls(**config)


def check_player(player):
    """The player, if it is one of `PLAYERS`."""
    if player not in PLAYERS:
        raise ValueError(f"`player` must be one of {PLAYERS}. Received: player={player!r}")
    return player


def seed_or_new(seed):
    """The seed, or a new one: Keras's own default has a state, which a JAX trace must not touch."""
    return random.randrange(2**31) if seed is None else seed
