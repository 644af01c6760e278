"""Writes `tfgan.npz`: losses and the gradient penalty as TensorFlow-GAN computes them.

    pip install --no-deps tensorflow-gan tensorflow-hub tf-keras tensorflow-probability
    python tests/golden/make_tfgan.py

Version 2.1.0 does not import whole under TensorFlow 2.21 (`tf.estimator` is gone): its packages are
stood in for by empty ones, and its module of losses is imported by itself. Its conventions differ:
least squares has a factor of a half, minimax a constant in the generator's loss, and a smoothing of
1/4 moves the target of real images by an eighth.
"""

import importlib
import importlib.machinery
import importlib.util
import pathlib
import sys

import numpy as np


def losses_module():
    """`tensorflow_gan.python.losses.losses_impl`, without the packages around it."""
    root = pathlib.Path(importlib.util.find_spec("tensorflow_gan").submodule_search_locations[0])
    for name in ("tensorflow_gan", "tensorflow_gan.python", "tensorflow_gan.python.losses"):
        package = importlib.machinery.ModuleSpec(name, None, is_package=True)
        package.submodule_search_locations.append(str(root.joinpath(*name.split(".")[1:])))
        sys.modules.setdefault(name, importlib.util.module_from_spec(package))
    return importlib.import_module("tensorflow_gan.python.losses.losses_impl")


def compute():
    """The inputs and every value, a dict of arrays."""
    import tensorflow as tf

    tfgan = losses_module()
    random = np.random.default_rng(5)
    real, fake = (2.0 * random.normal(size=(2, 8, 1))).astype("float32")
    logits = random.normal(size=(2, 8, 3)).astype("float32")
    labels = random.integers(3, size=8)
    one_hot = np.eye(3, dtype="float32")[labels]
    values = {
        "hinge/discriminator": tfgan.wasserstein_hinge_discriminator_loss(real, fake),
        "hinge/generator": tfgan.wasserstein_hinge_generator_loss(fake),
        "wasserstein/discriminator": tfgan.wasserstein_discriminator_loss(real, fake),
        "wasserstein/generator": tfgan.wasserstein_generator_loss(fake),
        "non_saturating/discriminator": tfgan.modified_discriminator_loss(
            real, fake, label_smoothing=0.0
        ),
        "non_saturating/generator": tfgan.modified_generator_loss(fake),
        "smoothed/discriminator": tfgan.modified_discriminator_loss(
            real, fake, label_smoothing=0.25
        ),
        # It adds the discriminator's loss of a real score of one.
        "saturating/generator": tfgan.minimax_generator_loss(fake, label_smoothing=0.0)
        + np.log1p(np.exp(-1.0)).astype("float32"),
        "lsgan/discriminator": 2.0 * tfgan.least_squares_discriminator_loss(real, fake),
        "lsgan/generator": 2.0 * tfgan.least_squares_generator_loss(fake),
        "acgan/discriminator": tfgan.acgan_discriminator_loss(logits[0], logits[1], one_hot),
        "acgan/generator": tfgan.acgan_generator_loss(logits[1], one_hot),
    }
    images = random.normal(size=(2, 5, 3, 2, 1)).astype("float32")
    weight = random.normal(size=(3, 2, 1)).astype("float32")

    @tf.function
    def penalty():
        with tf.compat.v1.variable_scope("critic") as scope:
            critic = lambda x, _: tf.reduce_sum(tf.sin(x) * weight, axis=(1, 2, 3))  # noqa: E731
            # Both ends are one: the place between them, which it draws, has no effect.
            return tfgan.wasserstein_gradient_penalty(
                images[0], images[0], None, critic, scope, epsilon=1e-12
            )

    values["gradient_penalty"] = penalty()
    inputs = {"real": real, "fake": fake, "logits": logits, "labels": labels}
    inputs |= {"images": images, "weight": weight}
    return inputs | {name: np.asarray(value) for name, value in values.items()}


def main():
    """Writes the file beside this script."""
    path = pathlib.Path(__file__).with_name("tfgan.npz")
    np.savez_compressed(path, **compute())
    print(f"wrote {path} ({path.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
