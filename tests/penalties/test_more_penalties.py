"""The other penalties against closed forms of a linear and a quadratic critic."""

import keras
import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san import augment, backend, layers, penalties
from keras_san.penalties import Update

SHAPE = (5, 3, 2, 1)
RANDOM = np.random.default_rng(1)
REAL, FAKE = RANDOM.normal(size=(2, *SHAPE)).astype("float32")
LATENTS = RANDOM.normal(size=(5, 4)).astype("float32")


def number(tensor):
    return ops.convert_to_numpy(tensor)


def variable(*shape, seed=2):
    return keras.Variable(np.random.default_rng(seed).normal(size=shape).astype("float32"))


def linear(weight):
    return lambda x: ops.sum(x * weight, axis=(1, 2, 3))


def quadratic(weight):
    return lambda x: 0.5 * ops.sum(ops.square(x) * weight, axis=(1, 2, 3))


def update(score, player="discriminator", **changes):
    """What a penalty sees of an update of a critic `score`."""
    real, fake = ops.convert_to_tensor(REAL), ops.convert_to_tensor(FAKE)
    parts = {
        "network": None,
        "generate": None,
        "real": real,
        "fake": fake,
        "latents": ops.convert_to_tensor(LATENTS),
        "real_scores": [(score(real)[:, None], None)] if score else None,
        "fake_scores": [(score(fake)[:, None], None)] if score else None,
        "seed": keras.random.SeedGenerator(5),
    }
    return Update(player=player, score=score, **parts | changes)


@pytest.mark.parametrize("critic", [linear, quadratic])
def test_r2(critic):
    weight = variable(*SHAPE[1:])
    w = number(weight)
    slope = np.broadcast_to(w, SHAPE) if critic is linear else w * FAKE

    def total():
        return penalties.R2(4.0).term(update(critic(weight)))

    close(number(total()), 2.0 * np.square(slope).sum((1, 2, 3)).mean())
    by_weight = 4.0 * (slope * (np.ones(SHAPE) if critic is linear else FAKE)).mean(0)
    close(gradients(total, [weight])[0], by_weight)


def test_dragan_of_a_linear_critic():
    weight = variable(*SHAPE[1:])
    w, norm = number(weight), np.linalg.norm(number(weight))

    def total():
        return penalties.DRAGAN(4.0).term(update(linear(weight)))

    close(number(total()), 4.0 * (norm - 1.0) ** 2)
    close(gradients(total, [weight])[0], 8.0 * (norm - 1.0) * w / norm)


def test_dragan_of_a_quadratic_critic():
    """Where it looks shows: around real images, by their spread."""
    weight = variable(*SHAPE[1:])
    w = number(weight)
    shape = (SHAPE[0], 1 + int(np.prod(SHAPE[1:])))
    draws = number(keras.random.uniform(shape, seed=keras.random.SeedGenerator(5)))
    # Somewhere between the image and its perturbation.
    noised = REAL + 0.3 * REAL.std() * draws[:, :1, None, None] * draws[:, 1:].reshape(SHAPE)
    norm = np.sqrt(np.square(w * noised).sum((1, 2, 3)))
    critic = quadratic(weight)
    close(
        number(penalties.DRAGAN(4.0, noise=0.3).term(update(critic))),
        4.0 * np.square(norm - 1.0).mean(),
    )


def test_lecam_and_its_averages():
    weight = variable(*SHAPE[1:])
    penalty = penalties.LeCam(weight=2.0, decay=0.9)
    score = linear(weight)
    real, fake = (number(score(ops.convert_to_tensor(x))) for x in (REAL, FAKE))

    def expected(real_average, fake_average):
        return 2.0 * (np.square(real - fake_average) + np.square(fake - real_average)).mean()

    # First the batch's own means stand for the averages.
    close(number(penalty.term(update(score))), expected(real.mean(), fake.mean()))
    means = [number(variable) for variable in penalty.variables]
    close(means, [real.mean(), fake.mean(), 1.0])
    for variable_, value in zip(penalty.variables, (0.5, -0.25, 100.0), strict=True):
        variable_.assign(value)
    found = gradients(lambda: penalty.term(update(score)), [weight])[0]
    slopes = 2.0 * (real + 0.25)[:, None, None, None] * REAL
    slopes = slopes + 2.0 * (fake - 0.5)[:, None, None, None] * FAKE
    close(found, 2.0 * slopes.mean(0))
    close(number(penalty.term(update(score))), expected(0.5, -0.25))
    close(number(penalty.variables[0]), 0.9 * 0.5 + 0.1 * real.mean())
    close(number(penalty.variables[1]), 0.9 * -0.25 + 0.1 * fake.mean())


class Doubled(augment.Augmentation):
    """An augmentation whose effect on a linear critic is plain."""

    variables = ()

    def __call__(self, images, seed=None):
        return 2.0 * images


@pytest.mark.parametrize("fake_weight", [0.0, 4.0])
def test_consistency_of_a_linear_critic(fake_weight):
    weight = variable(*SHAPE[1:])
    penalty = penalties.Consistency(3.0, fake_weight=fake_weight)
    penalty.augment = Doubled()
    score = linear(weight)
    real, fake = ((x * number(weight)).sum((1, 2, 3)) for x in (REAL, FAKE))
    expected = 3.0 * np.square(real).mean() + fake_weight * np.square(fake).mean()
    for total in (
        lambda: penalty.term(update(score)),
        lambda: penalty(score, ops.convert_to_tensor(REAL), ops.convert_to_tensor(FAKE), seed=1),
    ):
        close(number(total()), expected)
        terms = 6.0 * real[:, None, None, None] * REAL
        terms = terms + 2.0 * fake_weight * fake[:, None, None, None] * FAKE
        close(gradients(total, [weight])[0], terms.mean(0))


def test_latent_consistency_of_linear_networks():
    weight, kernel = variable(*SHAPE[1:]), variable(4, 6)

    def generate(latents):
        return ops.reshape(ops.matmul(latents, kernel), (-1, *SHAPE[1:]))

    penalty = penalties.LatentConsistency(3.0, generator_weight=0.25, noise=0.5)
    seeds = [keras.random.SeedGenerator(5) for _ in range(3)]
    step = number(keras.random.normal(LATENTS.shape, stddev=0.5, seed=seeds[0]))
    moved = step @ number(kernel)
    score = linear(weight)
    fake = generate(ops.convert_to_tensor(LATENTS))
    changes = {"generate": generate, "fake": fake, "fake_scores": [(score(fake), None)]}
    found = penalty.term(update(score, seed=seeds[1], **changes))
    expected = 3.0 * np.square(moved @ number(weight).reshape(-1)).mean()
    close(number(found), expected, 1e-4)
    found = penalty.term(update(score, "generator", seed=seeds[2], **changes))
    close(number(found), -0.25 * np.square(moved).mean(), 1e-4)


def network():
    """A wide kernel and a tall one, biases, and a direction that no weight penalty may touch."""
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((4, 4, 2)),
            keras.layers.Conv2D(9, 2),
            keras.layers.Flatten(),
            keras.layers.Dense(4, bias_initializer="ones"),
            layers.SANDense(2),
        ]
    )


def test_l2_and_orthogonal():
    model = network()
    kernels = [model.layers[0].kernel, model.layers[2].kernel]
    matrices = [number(kernel).reshape(-1, kernel.shape[-1]) for kernel in kernels]
    changed = update(None, network=model)
    l2, orthogonal = penalties.L2(0.5), penalties.Orthogonal(0.5, player="both")
    close(number(l2.term(changed)), 0.5 * sum(np.square(m).sum() for m in matrices))
    grams = [m.T @ m * (1.0 - np.eye(m.shape[1])) for m in matrices]
    close(number(orthogonal.term(changed)), 0.5 * sum(np.square(g).sum() for g in grams))
    for penalty, slopes in (
        (l2, matrices),
        (orthogonal, [4.0 * 0.5 * m @ g for m, g in zip(matrices, grams, strict=True)]),
    ):
        found = gradients(lambda p=penalty: p.term(changed), model.trainable_variables)
        by_path = dict(zip([v.path for v in model.trainable_variables], found, strict=True))
        for kernel, slope in zip(kernels, slopes, strict=True):
            close(by_path.pop(kernel.path).reshape(slope.shape), slope)
        assert len(by_path) == 5 and all((value == 0.0).all() for value in by_path.values())


def test_path_length_of_a_linear_generator():
    kernel = variable(4, 6)

    def generate(latents):
        return ops.reshape(ops.matmul(latents, kernel), (-1, *SHAPE[1:]))

    penalty = penalties.PathLength(3.0, decay=0.25)
    penalty.variables[0].assign(0.5)
    noise = number(keras.random.normal(SHAPE, seed=keras.random.SeedGenerator(5)))
    noise = noise.reshape(5, 6) / np.sqrt(6.0)
    vectors = noise @ number(kernel).T
    lengths = np.linalg.norm(vectors, axis=1)
    average = 0.5 + 0.25 * (lengths.mean() - 0.5)

    def total():
        return penalty.term(update(None, "generator", generate=generate))

    (found,) = gradients(total, [kernel])
    factor = 6.0 * (lengths - average) / lengths
    close(found, (factor[:, None] * vectors).T @ noise / 5, 1e-4)
    close(number(total()), 3.0 * np.square(lengths - average).mean(), 1e-4)
    close(number(penalty.variables[0]), average)


def test_class_likelihood():
    logits = {"real": RANDOM.normal(size=(5, 3)), "fake": RANDOM.normal(size=(5, 3))}
    labels = np.array([0, 2, 1, 1, 0])

    def likelihood(x):
        return (x - np.log(np.exp(x).sum(1, keepdims=True)))[np.arange(5), labels].mean()

    penalty = penalties.ClassLikelihood(2.0, generator_weight=0.5)
    parts = {
        "labels": ops.convert_to_tensor(labels),
        "class_logits": lambda features: ops.convert_to_tensor(logits[features], "float32"),
        "real_features": "real",
        "fake_features": "fake",
    }
    real, fake = (likelihood(logits[key]) for key in ("real", "fake"))
    close(number(penalty.term(update(None, **parts))), -2.0 * (real + fake))
    close(number(penalty.term(update(None, "generator", **parts))), -0.5 * fake)
    with pytest.raises(ValueError, match="needs a discriminator that tells classes"):
        penalty.term(update(None))


@pytest.mark.parametrize("iteration", [0, 1, 4])
def test_lazily_counts_and_keeps_state(iteration):
    """A branch of the compiled step: the gradient scaled, the state moved only where it runs."""
    weight = variable(*SHAPE[1:])
    penalty = penalties.LeCam(2.0, interval=4)
    once = penalties.LeCam(2.0)
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build([weight])

    def step(term):
        return backend.minimize(lambda: (term(), {}), [weight], optimizer)

    start = number(weight).copy()
    step(lambda: 4.0 * once.term(update(linear(weight))))
    moved = number(weight).copy() if iteration % 4 == 0 else start
    weight.assign(start)
    due = ops.convert_to_tensor(iteration % 4 == 0)
    step(
        lambda: (
            backend.lazily(due, lambda: 4.0 * penalty.term(update(linear(weight))))
            + 0.0 * ops.sum(weight)
        )
    )
    close(number(weight), moved)
    assert float(number(penalty.variables[2])) == (iteration % 4 == 0)


@pytest.mark.parametrize("kind", [penalties.GradientPenalty, penalties.DRAGAN])
def test_by_hand_without_a_seed(kind):
    """The default seed has no state, which a compiled function could not keep."""
    weight = variable(*SHAPE[1:])

    def total():
        real, fake = ops.convert_to_tensor(REAL), ops.convert_to_tensor(FAKE)
        return kind(4.0)(linear(weight), real, fake)

    norm = np.linalg.norm(number(weight))
    close(gradients(total, [weight])[0], 8.0 * (norm - 1.0) * number(weight) / norm)


SPECIFICATIONS = {
    "r1": (penalties.R1, {"weight": 10.0, "interval": 1, "name": "r1"}),
    "r1:5:16": (penalties.R1, {"weight": 5.0, "interval": 16}),
    "r2::8": (penalties.R2, {"weight": 10.0, "interval": 8}),
    "orthogonal:1e-4": (penalties.Orthogonal, {"weight": 1e-4, "player": "generator"}),
    "l2@both:0.5": (penalties.L2, {"weight": 0.5, "player": "both"}),
    "cr": (penalties.Consistency, {"fake_weight": 0.0, "name": "cr"}),
    "bcr:3": (penalties.Consistency, {"weight": 3.0, "fake_weight": 3.0, "name": "bcr"}),
    "zcr": (penalties.LatentConsistency, {"name": "zcr", "player": "both"}),
}


@pytest.mark.parametrize("specification", SPECIFICATIONS)
def test_get(specification):
    kind, attributes = SPECIFICATIONS[specification]
    penalty = penalties.get(specification)
    assert type(penalty) is kind
    assert {key: getattr(penalty, key) for key in attributes} == attributes
    assert penalties.get(penalty) is penalty


# Classifier guidance needs a classifier: tests/penalties/test_classifier_guidance.py.
@pytest.mark.parametrize("name", [n for n in penalties.names() if n != "classifier_guidance"])
def test_config_round_trip(name):
    penalty = penalties.get(f"{name}:3:2")
    config = penalty.get_config() | {"name": "mine"}
    for key in {"decay", "noise", "generator_weight", "fake_weight"} & set(config):
        config[key] = 0.125
    if "player" in config:
        config["player"] = "both"
    other = type(penalty)(**config)
    copy = penalties.get(keras.saving.serialize_keras_object(other))
    assert type(copy) is type(penalty)
    assert copy.get_config() == config
    for key in set(config) - {"augment"}:
        assert getattr(copy, key) == config[key], key


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("r3", "Unknown penalty: 'r3'.*'r1'"),
        ("r1:1:2:3", "Unknown penalty"),
        (3, "Unknown penalty: 3"),
        ("r1:x", "such as 'r1:10:16'"),
        ("r1:1:1.5", "such as 'r1:10:16'"),
        ("r1@generator", "a player can be chosen for l2, orthogonal"),
        ("l2@nobody", "a player can be chosen"),
        ("r1:-1", "`weight` must not be negative"),
        ("r1:1:0", "`interval` must be a positive integer"),
    ],
)
def test_get_refuses(identifier, message):
    with pytest.raises(ValueError, match=message):
        penalties.get(identifier)


def test_logs_of_both_players():
    penalty = penalties.get("zcr")
    assert [penalty.acts_on(player) for player in ("discriminator", "generator")] == [True, True]
    assert penalty.log_name("generator") == "zcr_generator"
    assert penalties.get("r1").log_name("discriminator") == "r1"
    assert not penalties.get("path_length").acts_on("discriminator")
