"""Latents moved to where the discriminator sees real images."""

import keras
import numpy as np
from keras import ops

from keras_san.sampling.class_labels import class_labels
from keras_san.sampling.judge import check_judge
from keras_san.sampling.latent_gradient import LatentGradient, generated
from keras_san.sampling.latents import latents


def langevin_latents(
    model, seeds, labels=None, steps=100, step_size=0.01, noise=1.0, slope=1.0, batch_size=64
):
    """Latents of seeds after a walk that the discriminator drives.

    Use it to draw better images without throwing any away: it takes `steps` passes through both
    networks and back. If the discriminator's logit `d` is the logarithm of the density ratio of
    real to generated images, the latents end up distributed so that their images are as real ones.
    `SANModel.generate_from_latents` turns the latents into images.

    Formula, Langevin dynamics from `z` drawn by the seed, `n` normal noise drawn by it:
    ```
    E(z) = |z|^2 / 2 - d(G(z)),  z <- z - step_size / 2 * dE/dz + noise * sqrt(step_size) * n
    ```

    Args:
        model: `keras_san.SANModel` with a trained discriminator.
        seeds: sequence of integers.
        labels: int or sequence of integers, one a seed, of a conditional model. Drawn from the
            seeds if None. Defaults to `None`.
        steps: int. Defaults to `100`.
        step_size: float. Defaults to `0.01`.
        noise: float: 1 for Langevin dynamics, less for latents nearer to the peaks, 0 for plain
            ascent. Defaults to `1.0`.
        slope: float, logit a score, of `calibrate_scores`; 1 takes the scores as logits. Defaults
            to `1.0`.
        batch_size: int. Defaults to `64`.

    Returns:
        Array `(count, latent_dim)` of float32.

    Raises:
        ValueError: if a number is out of range, labels do not fit, or the model has no trained
            discriminator.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 1), width=2)
    vectors = keras_san.sampling.langevin_latents(model, seeds=range(4), steps=2, batch_size=4)
    images = model.generate_from_latents(vectors)
    ```

    Reference: Che et al., "Your GAN is Secretly an Energy-based Model and You Should Use
    Discriminator Driven Latent Sampling", NeurIPS 2020, equation 6 and algorithm 1.
    """
    check_judge(model, slope)
    if steps < 0 or not step_size > 0.0 or not noise >= 0.0:
        raise ValueError(
            "`steps` and `noise` must not be negative and `step_size` must be positive. "
            f"Received: steps={steps!r}, step_size={step_size!r}, noise={noise!r}"
        )
    seeds = list(seeds)
    model.apply_truncation()
    classes = class_labels(labels, seeds, model.num_classes)
    score = LatentGradient(LatentScore(model), min(batch_size, max(1, len(seeds))))
    results = np.empty((len(seeds), model.latent_dim), "float32")
    for start in range(0, len(seeds), batch_size):
        part = slice(start, start + batch_size)
        vectors = latents(seeds[part], model.latent_dim)
        streams = [np.random.RandomState([seed, 3]) for seed in seeds[part]]
        inputs = [] if classes is None else [classes[part]]
        for _ in range(steps):
            _, ascent = score(vectors, *inputs)
            draws = np.stack([stream.standard_normal(model.latent_dim) for stream in streams])
            moves = step_size / 2.0 * (slope * ascent - vectors) + noise * step_size**0.5 * draws
            vectors = (vectors + moves).astype("float32")
        results[part] = vectors
    if not np.isfinite(results).all():
        raise ValueError(
            "The walk left the range of numbers: take a smaller `step_size` or `slope`. "
            f"Received: step_size={step_size!r}, slope={slope!r}"
        )
    return results


class LatentScore(keras.Model):
    """The score of the image of a latent vector, as `SANModel.score` reads it."""

    def __init__(self, model):
        super().__init__(dtype="float32")
        self.generator = model.generator_ema
        self.discriminator = model.discriminator
        self.built = True

    def call(self, inputs, training=False):
        """Scores `(batch,)` of `[latents]` or `[latents, labels]`."""
        inputs = list(inputs)
        images = generated(self.generator, inputs)
        seen = [images, *inputs[1:]] if len(inputs) > 1 else images
        outputs = keras.tree.flatten(self.discriminator(seen, training=False))
        flat = [ops.reshape(score, (ops.shape(score)[0], -1)) for score in outputs]
        return sum(ops.mean(ops.cast(scores, "float32"), axis=1) for scores in flat)
