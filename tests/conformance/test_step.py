"""One training step, held on every backend to a plain PyTorch computation in float64.

`tests/golden/make_step.py` wrote the file; it shares no code with the library.
"""

import pathlib

import keras
import numpy as np
import pytest

from keras_san import layers, losses
from keras_san.models import Discriminator, MovingAverage, SANModel

GOLDEN = np.load(pathlib.Path(__file__).parents[1] / "golden" / "step.npz")
LATENT_DIM, WIDTH, HALF_LIFE = 6, 4, 40.0


def tiny_gan(**kwargs):
    """The golden file's networks with its weights."""
    generator = keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            keras.layers.Dense(4 * 4 * WIDTH, activation="relu", name="dense"),
            keras.layers.Reshape((4, 4, WIDTH)),
            layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh", name="up"),
        ]
    )
    convolution = keras.layers.Conv2D(WIDTH, 4, strides=2, padding="same")
    normalized = layers.SpectralNormalization(convolution)
    trunk = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            normalized,
            keras.layers.LeakyReLU(0.2),
            keras.layers.Flatten(),
        ]
    )
    head = layers.SANDense(1)
    model = SANModel(
        generator, Discriminator(trunk, head), ema=MovingAverage(HALF_LIFE, None), **kwargs
    )
    up = generator.get_layer("up")
    variables = {
        "dense/kernel": generator.get_layer("dense").kernel,
        "dense/bias": generator.get_layer("dense").bias,
        "up/kernel": up.kernel,
        "up/bias": up.bias,
        "conv/kernel": convolution.kernel,
        "conv/bias": convolution.bias,
        "conv/vector": normalized.vector,
        "head/kernel": head.kernel,
        "head/scale": head.scale,
        "head/bias": head.bias,
    }
    for name, variable in variables.items():
        variable.assign(GOLDEN[f"start/{name}"].astype("float32"))
    model.generator_ema.set_weights(generator.get_weights())
    return model, variables


def adam():
    """The golden file's optimizer."""
    return keras.optimizers.Adam(0.01, beta_1=0.5, beta_2=0.9, epsilon=1e-4)


def fix_latents(model):
    """Lets the model draw the golden latents: first the discriminator's, then the generator's."""
    draws = iter([GOLDEN["discriminator_latents"], GOLDEN["generator_latents"]])
    model.sample_latents = lambda count: keras.ops.convert_to_tensor(next(draws).astype("float32"))


def test_every_loss_has_a_golden_step():
    known = {name.split("/")[0] for name in GOLDEN.files if name.endswith("/generator_loss")}
    # BEGAN has no direction; see tests/losses/test_other_losses.py.
    assert known == set(losses.names()) - {"began"}


@pytest.mark.parametrize("loss", sorted({*losses.names()} - {"began"}))
def test_step_equals_plain_computation(loss):
    model, variables = tiny_gan()
    model.compile(loss=loss, generator_optimizer=adam(), discriminator_optimizer=adam())
    fix_latents(model)
    logs = model.train_on_batch(GOLDEN["images"].astype("float32"), return_dict=True)
    for name in ("discriminator_loss", "direction_loss", "generator_loss"):
        np.testing.assert_allclose(logs[name], GOLDEN[f"{loss}/{name}"], rtol=1e-5, atol=1e-6)
    for name, variable in variables.items():
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(variable),
            GOLDEN[f"{loss}/new/{name}"],
            rtol=1e-4,
            atol=1e-6,
            err_msg=name,
        )


def test_average_equals_hand_recursion():
    model, variables = tiny_gan()
    model.compile(loss="hinge", generator_optimizer=adam(), discriminator_optimizer=adam())
    fix_latents(model)
    model.train_on_batch(GOLDEN["images"].astype("float32"))
    decay = 0.5 ** (len(GOLDEN["images"]) / HALF_LIFE)
    start, new = GOLDEN["start/dense/kernel"], GOLDEN["hinge/new/dense/kernel"]
    average = keras.ops.convert_to_numpy(model.generator_ema.get_layer("dense").kernel)
    np.testing.assert_allclose(average, decay * start + (1 - decay) * new, rtol=1e-4, atol=1e-6)


def test_images_of_fixed_weights():
    """The golden generator's images, which are the same on the three backends."""
    model, _ = tiny_gan()
    images = model.generate(4, seed=3)
    reference = np.load(pathlib.Path(__file__).parents[1] / "golden" / "images.npz")["images"]
    difference = np.abs(images.astype(int) - reference.astype(int))
    assert difference.max() <= 1 and (difference > 0).mean() <= 1e-3
