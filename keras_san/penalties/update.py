"""What a penalty can ask of the update that it joins."""

import dataclasses
from collections.abc import Callable
from typing import Any

from keras import ops


@dataclasses.dataclass(frozen=True)
class Update:
    """One update of one player, as the penalties see it.

    Use it in a penalty of your own whose `term(update)` needs more than images and scores.

    Args:
        player: `"discriminator"` or `"generator"`.
        network: the `keras.Model` that moves.
        score: function of images to the sum of their scores over outputs and positions, `(batch,)`.
        generate: function of latents to images; keeps no state, and in the discriminator's update
            has no gradient.
        real: real images of the update; None in the generator's.
        fake: generated images, in the generator's update with gradient.
        latents: what `fake` was made of, `(batch, latent_dim)`.
        labels: integers `(batch,)`, or None.
        real_scores: list of `(fun, dir)` pairs, one an output; None in the generator's update.
        fake_scores: the same for `fake`.
        real_features: the head's inputs for `real`, or None where there are none to see.
        fake_features: the same for `fake`.
        class_logits: function of features to logits `(batch, classes)`, or None.
        seed: `keras.random.SeedGenerator`.
        iteration: integer tensor, the updates that this player made before.

    Example:
    ```python
    import keras
    from keras_san.penalties import Penalty, Update

    class Drift(Penalty):
        default_name = "drift"

        def term(self, update: Update):
            return self.weight * keras.ops.mean(keras.ops.square(update.real_score))
    ```
    """

    player: str
    network: Any
    score: Callable
    generate: Callable
    fake: Any
    latents: Any
    fake_scores: list
    real: Any = None
    labels: Any = None
    real_scores: list | None = None
    real_features: Any = None
    fake_features: Any = None
    class_logits: Callable | None = None
    seed: Any = None
    iteration: Any = 0

    @property
    def real_score(self):
        """Scores of `real`, summed over outputs and positions, `(batch,)`."""
        return summed(self.real_scores)

    @property
    def fake_score(self):
        """Scores of `fake`, summed over outputs and positions, `(batch,)`."""
        return summed(self.fake_scores)


def summed(scores):
    """One number an image of the `(fun, dir)` pairs of all outputs: the sum of all `fun`."""
    return sum(ops.sum(ops.reshape(fun, (ops.shape(fun)[0], -1)), axis=1) for fun, _ in scores)
