"""What losses, penalties and parts of a batch keep from step to step."""

import types

import keras
import numpy as np
import pytest
from keras import ops

import keras_san
from keras_san.models import TrainingScheme


def images(count):
    return np.random.default_rng(0).integers(0, 256, (count, 32, 32, 1), "uint8")


def make(**options):
    keras.utils.set_random_seed(0)
    return keras_san.models.build("dcgan", (32, 32, 1), width=2, latent_dim=4, seed=1, **options)


def test_a_scheme_tells_all_parts_of_the_objective_in_how_many_a_batch_is_seen():
    model = make(head="auto_encoder")
    scheme = TrainingScheme(accumulation=3)
    model.compile("began", penalties=["path_length"], augment=["blur", "ada"], scheme=scheme)
    objective = model.objective
    told = [objective.loss, *objective.penalties, *objective.augment.augmentations]
    assert [part.parts for part in told] == [3, 3, 3, 3]


@pytest.mark.parametrize("parts", [1, 2])
def test_the_balance_of_began_moves_once_an_update(parts):
    loss = keras_san.losses.BEGAN(rate=0.1)
    assert loss.parts == 1
    loss.parts = parts
    for _ in range(parts):
        loss.observe(-ops.ones(2), -0.2 * ops.ones(2))
    assert float(ops.convert_to_numpy(loss.variables[0])) == pytest.approx(0.1 * (0.5 - 0.2))


def test_state_is_loaded_by_name(tmp_path):
    path = tmp_path / "model.weights.h5"
    first = make()
    first.compile(penalties=["lecam"])
    for index, variable in enumerate(first.objective_state.weights):
        variable.assign(0.25 + index)
    first.save_weights(path)
    second = make()
    second.compile(penalties=["path_length", "lecam"], augment="ada")
    start = {v.path: float(ops.convert_to_numpy(v)) for v in second.objective_state.weights}
    second.load_weights(path)
    saved = {v.name: float(ops.convert_to_numpy(v)) for v in first.objective_state.weights}
    assert saved
    for variable in second.objective_state.weights:
        expected = saved.get(variable.name, start[variable.path])
        assert float(ops.convert_to_numpy(variable)) == pytest.approx(expected)


def test_latent_consistency_sees_the_same_noise():
    latents = keras.Input((4,))
    maps = keras.layers.Reshape((8, 8, 4))(keras.layers.Dense(256)(latents))
    noise = keras_san.layers.NoiseInjection()
    maps = keras_san.layers.Conv2D(3, 3, padding="same", activation="tanh")(noise(maps))
    noise.strength.assign(1.0)
    pixels = keras.Input((8, 8, 3))
    trunk = keras.Model(pixels, keras.layers.Flatten()(pixels))
    discriminator = keras_san.models.Discriminator(trunk, keras_san.layers.SANDense(1))
    model = keras_san.SANModel(keras.Model(latents, maps), discriminator, seed=1)
    # Latents that are not moved give the same images: both terms are zero.
    still = keras_san.penalties.LatentConsistency(noise=0.0, generator_weight=10.0)
    model.compile("hinge", penalties=[still])
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 3), "uint8")
    history = model.fit(pixels, batch_size=4, verbose=0).history
    terms = {k: v for k, v in history.items() if k.startswith(("zcr", "latent_consistency"))}
    assert terms and all(np.allclose(values, 0.0, atol=1e-6) for values in terms.values())


def test_every_image_of_a_batch_is_in_one_part():
    model = make()
    model.compile(scheme=TrainingScheme(accumulation=4))
    seen, loss = [], model._discriminator_loss

    def counting(seeds, real, *rest):
        seen.append(int(real.shape[0]))
        return loss(seeds, real, *rest)

    model._discriminator_loss = counting
    model.train_on_batch(images(7))
    # Where the step is compiled it may be traced again.
    assert sum(seen[:4]) == 7 and max(seen) - min(seen) == 1


def test_one_filter_and_one_image():
    pixels = keras.Input((8, 8, 3))
    maps = keras_san.layers.Conv2D(4, 3, padding="same", activation="relu")(pixels)
    trunk = keras.Model(pixels, keras.layers.BatchNormalization()(maps))
    head = keras_san.layers.SANConv2D(1, 3, padding="same")
    latents = keras.Input((4,))
    generator = keras.Model(
        latents, keras.layers.Reshape((8, 8, 3))(keras.layers.Dense(192)(latents))
    )
    model = keras_san.SANModel(generator, keras_san.models.Discriminator(trunk, head), seed=1)
    model.compile("non_saturating")
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), "uint8")
    history = model.fit(pixels, batch_size=4, verbose=0).history
    assert np.isfinite(history["generator_loss"]).all()


def test_optimizers_of_keras_may_accumulate_too():
    model = make()
    adams = [keras.optimizers.Adam(1e-3, gradient_accumulation_steps=2) for _ in range(2)]
    model.compile("hinge", *adams)
    history = model.fit(images(16), batch_size=4, verbose=0).history
    assert np.isfinite(history["generator_loss"]).all()


@pytest.mark.parametrize("parts", [1, 2])
def test_the_averages_of_lecam_follow_updates_and_not_parts(parts):
    lecam = keras_san.penalties.LeCam(decay=0.9)
    lecam.parts = parts
    for scores in [0.0] * 100 + [1.0] * 10:
        update = types.SimpleNamespace(real_score=ops.ones(2) * scores, fake_score=ops.zeros(2))
        for _ in range(parts):
            lecam.term(update)
    average = float(ops.convert_to_numpy(lecam.variables[0]))
    assert average == pytest.approx(1.0 - 0.9**10, rel=1e-3)


@pytest.mark.parametrize("parts", [1, 2])
def test_adaptive_augmentation_counts_updates_and_not_parts(parts):
    ada = keras_san.augment.AdaptiveAugment(images=64, interval=2)
    chain = keras_san.augment.get([ada, "blur"])
    chain.parts = parts
    seen = []
    for _ in range(4):
        for _ in range(parts):
            chain.observe(ops.ones(8 // parts))
        seen.append(float(ops.convert_to_numpy(ada.variables[0])))
    assert seen == pytest.approx([0.0, 0.25, 0.25, 0.5])


@pytest.mark.parametrize("parts", [1, 2])
def test_the_average_path_length_moves_once_an_update(parts):
    penalty = keras_san.penalties.PathLength(decay=0.01)
    penalty.parts = parts
    latents = ops.ones((512, 4))

    def generate(latents):
        return ops.reshape(ops.tile(latents, (1, 16)), (-1, 8, 8, 1))

    parts_of_update = dict(fake=generate(latents), latents=latents, generate=generate)
    update = types.SimpleNamespace(seed=keras.random.SeedGenerator(0), **parts_of_update)
    for _ in range(parts):
        penalty.term(update)
    # Each of the four numbers of J^T y is a sum of 16 normal ones over the root of 64, so that the
    # length is half of chi with four degrees of freedom, whose mean is 1.88.
    expected = 0.01 * 0.5 * 1.88
    assert float(ops.convert_to_numpy(penalty.variables[0])) == pytest.approx(expected, rel=0.05)
