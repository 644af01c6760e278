"""Latent consistency regularisation."""

import keras
from keras import ops

from keras_san import backend
from keras_san.penalties.penalty import Penalty, seed_or_new


@keras.saving.register_keras_serializable(package="keras_san")
class LatentConsistency(Penalty):
    """A small step in the latents: other images for the generator, the same for its judge (zCR).

    Beside `keras_san.penalties.Consistency` with a `fake_weight` (bCR) it makes ICR.

    Formula, `e` normal noise of standard deviation `noise`:
    ```
    discriminator: weight * mean (score(G(z)) - score(G(z + e)))^2
    generator:     -generator_weight * mean ||G(z) - G(z + e)||^2
    ```
    The norm is a mean over the values of an image.

    Args:
        weight: float, of the discriminator's term. Defaults to `5.0`.
        generator_weight: float. Defaults to `0.5`.
        noise: float, standard deviation of the step. Defaults to `0.03`.
        name: string, its name in the logs, followed by the player. Defaults to
            `"latent_consistency"`.
        interval: int, see `keras_san.penalties.Penalty`. Defaults to `1`.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile(loss="hinge", penalties=["bcr", "zcr"])
    ```

    Reference: Zhao et al., "Improved Consistency Regularization for GANs", AAAI 2021, algorithm 2.
    """

    default_name = "latent_consistency"
    player = "both"

    def __init__(self, weight=5.0, generator_weight=0.5, noise=0.03, name=None, interval=1):
        super().__init__(weight, name, interval)
        self.generator_weight = generator_weight
        self.noise = noise

    def term(self, update):
        """The weighted term of the player that moves, a scalar."""
        count, latent_dim = ops.shape(update.latents)[0], update.latents.shape[1]
        seed = seed_or_new(update.seed)
        step = backend.own_rows(
            lambda rows: keras.random.normal((rows, latent_dim), stddev=self.noise, seed=seed),
            count,
        )
        moved = update.generate(update.latents + ops.cast(step, update.latents.dtype))
        if update.player == "generator":
            return -self.generator_weight * ops.mean(ops.square(update.fake - moved))
        return self.weight * ops.mean(ops.square(update.fake_score - update.score(moved)))

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {
            "generator_weight": self.generator_weight,
            "noise": self.noise,
        }
