"""Losses and penalties against TensorFlow-GAN: its numbers are in a file, made by a script here."""

import importlib.util
import pathlib

import keras
import numpy as np
import pytest
from gradients import close
from keras import ops

from keras_san import losses, penalties
from keras_san.models import TrainingScheme
from keras_san.models.objective import Objective

FOLDER = pathlib.Path(__file__).parents[1] / "golden"
GOLDEN = np.load(FOLDER / "tfgan.npz")
NAMES = sorted(name.split("/")[0] for name in GOLDEN.files if name.endswith("/generator"))


def number(tensor):
    return ops.convert_to_numpy(tensor)


def scores():
    return [ops.convert_to_tensor(GOLDEN[name]) for name in ("real", "fake")]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "acgan"])
def test_losses(name):
    real, fake = scores()
    loss = losses.get(name)
    close(number(loss.generator(fake)), GOLDEN[f"{name}/generator"])
    if f"{name}/discriminator" in GOLDEN:
        close(number(loss.discriminator(real, fake)), GOLDEN[f"{name}/discriminator"])


def test_one_sided_smoothing():
    real, fake = scores()
    # Its smoothing of 1/4 draws labels towards a half: the target of real images is 7/8.
    scheme = TrainingScheme(label_smoothing=0.125)
    objective = Objective("non_saturating", (), None, scheme, 1.0, None)
    value, _ = objective.discriminator([(real, None)], [(fake, None)], seed=1)
    close(number(value), GOLDEN["smoothed/discriminator"])


def test_classes():
    logits = [ops.convert_to_tensor(each) for each in GOLDEN["logits"]]
    penalty = penalties.ClassLikelihood()
    parts = {
        "network": None,
        "score": None,
        "generate": None,
        "fake": None,
        "latents": None,
        "fake_scores": None,
        "labels": ops.convert_to_tensor(GOLDEN["labels"]),
        "class_logits": lambda features: features,
        "real_features": logits[0],
        "fake_features": logits[1],
    }
    found = {
        player: number(penalty.term(penalties.Update(player=player, **parts)))
        for player in ("discriminator", "generator")
    }
    for player, value in found.items():
        close(value, GOLDEN[f"acgan/{player}"])


def test_gradient_penalty():
    weight = ops.convert_to_tensor(GOLDEN["weight"])
    real = ops.convert_to_tensor(GOLDEN["images"][0])
    penalty = penalties.GradientPenalty(1.0)
    found = penalty(lambda x: ops.sum(ops.sin(x) * weight, axis=(1, 2, 3)), real, real, seed=1)
    close(number(found), GOLDEN["gradient_penalty"])


def test_the_file_is_what_the_package_computes():
    if keras.backend.backend() != "tensorflow" or not importlib.util.find_spec("tensorflow_gan"):
        pytest.skip("needs TensorFlow and the extra [oracles]")
    specification = importlib.util.spec_from_file_location("make", FOLDER / "make_tfgan.py")
    make = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(make)
    for name, value in make.compute().items():
        np.testing.assert_allclose(value, GOLDEN[name], rtol=1e-5, err_msg=name)
