"""Losses, penalties, augmentations and heads in one step.

PyTorch, which compiles nothing, meets every pair of two kinds; the others meet every loss, penalty
and augmentation with each head.
"""

import itertools

import keras
import numpy as np
import pytest
from tiny_gan import make_images, make_model

import keras_san
from keras_san import augment, losses, penalties
from keras_san.models import TrainingScheme

LABELS = np.arange(4) % 3
# BEGAN and AC-GAN bring heads of their own, below.
LOSSES = sorted({*losses.names()} - {"began"})
# The cheapest first: where any will do, it is taken.
PENALTIES = ["none", *(f"{name}::2" for name in penalties.names() if not name.startswith("class"))]
AUGMENTATIONS = ["none", *sorted(augment.names(), reverse=True)]
HEADS = ["san", "dense"]


FACTORS = (HEADS, LOSSES, PENALTIES, AUGMENTATIONS)


def pairs_to_meet():
    kinds = itertools.combinations(range(len(FACTORS)), 2)
    return {
        frozenset(((i, a), (j, b)))
        for i, j in kinds
        for a, b in itertools.product(FACTORS[i], FACTORS[j])
        if i == 0 or keras.backend.backend() == "torch"
    }


def covering(rest):
    """Few combinations in which each of these pairs comes together."""
    rest = set(rest)

    def covered(row):
        return rest & set(map(frozenset, itertools.combinations(enumerate(row), 2)))

    candidates = list(itertools.product(*FACTORS))
    rows = []
    while rest:
        row = max(candidates, key=lambda row: len(covered(row)))
        rest -= covered(row)
        rows.append(row)
    return rows


def optimizers():
    """In float32 any gradient that is not zero moves its weight."""
    return {
        f"{player}_optimizer": keras.optimizers.Adam(1e-3, epsilon=1e-12)
        for player in ("generator", "discriminator")
    }


def check(model, batches, steps):
    """Steps are finite, and both players have moved."""
    before = {
        player: [np.array(keras.ops.convert_to_numpy(w)) for w in network.trainable_variables]
        for player, network in (("G", model.generator), ("D", model.discriminator))
    }
    for _ in range(steps):
        logs = model.train_on_batch(*batches, return_dict=True)
    assert all(np.isfinite(float(value)) for value in logs.values()), logs
    for player, network in (("G", model.generator), ("D", model.discriminator)):
        for variable, old in zip(network.trainable_variables, before[player], strict=True):
            new = keras.ops.convert_to_numpy(variable)
            assert np.isfinite(new).all(), variable.path
            moved = not np.array_equal(new, old)
            # Biases may cancel: in front of batch normalisation, or between real and fake.
            assert moved or variable.path.endswith("bias"), variable.path


ROWS = covering(pairs_to_meet())
# Compiling is most of the time: two are compiled, the others run as they are written.
COMPILED = {1, len(ROWS) - 1}


def test_the_walk_meets_every_pair():
    for i, factor in enumerate(FACTORS):
        assert {(row[0], row[i]) for row in ROWS} >= {
            (head, value) for head in HEADS for value in factor if i > 0
        }


@pytest.mark.parametrize("index", range(len(ROWS)), ids=lambda index: "-".join(ROWS[index]))
def test_combination(index):
    head, loss, penalty, augmentation = ROWS[index]
    model = make_model(
        head=head,
        loss=loss,
        penalties=[] if penalty == "none" else [penalty],
        augment=None if augmentation == "none" else augmentation,
        run_eagerly=index not in COMPILED,
        **optimizers(),
    )
    check(model, (make_images(4),), steps=10 if index in COMPILED else 2)


@pytest.mark.parametrize("head", ["san_classifier", "dense_classifier"])
def test_auxiliary_classifier(head):
    model = make_model(num_classes=3, head=head, penalties="auto", run_eagerly=True, **optimizers())
    check(model, (make_images(4), LABELS), steps=2)
    logs = model.train_on_batch(make_images(4), LABELS, return_dict=True)
    assert {"class_likelihood_discriminator", "class_likelihood_generator"} <= set(logs)
    assert ("direction_loss" in logs) == (head == "san_classifier")
    assert "direction_cosine" in logs
    with pytest.raises(ValueError, match="add 'class_likelihood' to `penalties`"):
        model.compile(penalties=())


def test_boundary_equilibrium():
    model = make_model(head="auto_encoder", loss="began", **optimizers())
    check(model, (make_images(4),), steps=10)
    logs = model.train_on_batch(make_images(4), return_dict=True)
    assert 0.0 <= float(logs["balance"]) <= 1.0 and float(logs["convergence"]) > 0.0
    assert "direction_loss" not in logs and "direction_cosine" not in logs
    with pytest.raises(ValueError, match="belong together. Received: the loss Hinge"):
        model.compile(loss="hinge")
    with pytest.raises(ValueError, match="that does not reconstruct images"):
        make_model(loss="began")


def test_everything_at_once_compiled():
    scheme = TrainingScheme(
        top_k=0.5,
        generator_batch_size=8,
        decay_steps=100,
        warm_up_steps=10,
        label_smoothing=0.1,
        label_flipping=0.1,
    )
    model = make_model(
        num_classes=3,
        loss="non_saturating",
        penalties=["r1::2", "lecam::2"],
        augment=keras_san.augment.InstanceNoise(0.1, images=100),
        scheme=scheme,
        **optimizers(),
    )
    check(model, (make_images(4), LABELS), steps=4)
