"""Training schemes: what each changes, and that it comes back from a file."""

import itertools

import keras
import numpy as np
import pytest
from tiny_gan import SHAPE, make_images, make_model

import keras_san
from keras_san.layers import UnitSphere, WeightClip
from keras_san.models import SANModel, TrainingScheme, freeze_discriminator_layers
from keras_san.models.objective import Objective
from keras_san.models.step import _first


def arrays(variables):
    return [keras.ops.convert_to_numpy(variable).copy() for variable in variables]


def number(tensor):
    return keras.ops.convert_to_numpy(tensor)


def plain_model(**compile_arguments):
    """Nothing in it looks at the batch as a whole, and nothing draws but the latents."""
    keras.utils.set_random_seed(2)
    generator = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(64, "tanh"), keras.layers.Reshape(SHAPE)]
    )
    discriminator = keras.Sequential(
        [keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(8, "tanh")]
    )
    trunk = keras_san.models.Discriminator(discriminator, keras_san.layers.SANDense(1))
    model = SANModel(generator, trunk, seed=4)
    optimizers = [keras.optimizers.SGD(0.1) for _ in range(2)]
    model.compile("non_saturating", *optimizers, run_eagerly=True, **compile_arguments)
    return model


def step(scheme, **arguments):
    model = plain_model(scheme=scheme, **arguments)
    logs = model.train_on_batch(make_images(8), return_dict=True)
    return model, logs


@pytest.mark.parametrize("penalties", [(), ["r1:2"]])
def test_accumulation_equals_the_large_batch(penalties):
    whole, logs = step(None, penalties=penalties)
    parts, part_logs = step(TrainingScheme(accumulation=4), penalties=penalties)
    for one, other in zip(arrays(whole.weights), arrays(parts.weights), strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-6)
    for name in ("discriminator_loss", "direction_loss", "generator_loss", "real_score"):
        np.testing.assert_allclose(float(part_logs[name]), float(logs[name]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("images_seen", "kept"), [(0, 4), (50, 3), (100, 2), (900, 2)])
def test_top_k_keeps_the_best(images_seen, kept):
    scheme = TrainingScheme(top_k=0.5, top_k_images=100)
    objective = Objective("non_saturating", (), None, scheme, 1.0, None)
    scores = np.array([[0.5], [-1.0], [2.0], [1.0]], "float32")
    found = objective.generator([(keras.ops.convert_to_tensor(scores), None)], None, images_seen)
    best = np.sort(scores[:, 0])[::-1][:kept]
    np.testing.assert_allclose(number(found), np.logaddexp(0, -best).mean(), rtol=1e-6)


def test_generator_batch_size():
    model = plain_model(scheme=TrainingScheme(generator_batch_size=20))
    counts = []
    draw = model.sample_latents
    model.sample_latents = lambda count: counts.append(int(count)) or draw(count)
    model.train_on_batch(make_images(8))
    assert counts == [8, 20]
    rows = number(_first(keras.ops.arange(3), 7))
    np.testing.assert_array_equal(rows, [0, 1, 2, 0, 1, 2, 0])
    np.testing.assert_array_equal(number(_first(keras.ops.arange(3), 2)), [0, 1])


def test_learning_rates_fall_to_zero():
    model = plain_model(scheme=TrainingScheme(decay_steps=4))
    model.discriminator_steps = 1
    rates = []
    for _ in range(4):
        rates.append(float(number(model.optimizer.generator.learning_rate)))
        model.train_on_batch(make_images(4))
    np.testing.assert_allclose(rates, [0.1, 0.075, 0.05, 0.025], rtol=1e-5)
    before = arrays(model.generator.weights)
    model.train_on_batch(make_images(4))
    for one, other in zip(before, arrays(model.generator.weights), strict=True):
        np.testing.assert_array_equal(one, other)
    own = keras.optimizers.schedules.CosineDecay(0.3, 10)
    model.compile(
        generator_optimizer=keras.optimizers.SGD(own), scheme=TrainingScheme(decay_steps=4)
    )
    assert model.optimizer.generator._learning_rate is own


def test_the_discriminator_decays_by_its_own_updates():
    pair = keras_san.models.OptimizerPair(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.2))
    pair.decay(10, discriminator_steps=5)
    assert pair.generator._learning_rate.decay_steps == 10
    assert pair.discriminator._learning_rate.decay_steps == 50


def test_the_discriminator_warms_up():
    model = plain_model(scheme=TrainingScheme(warm_up_steps=4))
    model.discriminator_steps = 1
    rates = []
    for _ in range(6):
        rates.append(float(number(model.optimizer.discriminator.learning_rate)))
        model.train_on_batch(make_images(4))
    np.testing.assert_allclose(rates, [0.0, 0.025, 0.05, 0.075, 0.1, 0.1], rtol=1e-5)
    np.testing.assert_allclose(float(number(model.optimizer.generator.learning_rate)), 0.1)


def test_a_warm_up_rises_to_a_schedule_and_is_kept():
    pair = keras_san.models.OptimizerPair(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.2))
    pair.decay(10, discriminator_steps=1)
    pair.warm_up(4)
    pair.warm_up(4)
    again = keras_san.models.OptimizerPair.from_config(pair.get_config())
    for one in (pair, again):
        rate = one.discriminator._learning_rate
        np.testing.assert_allclose([float(number(rate(s))) for s in (2, 5)], [0.08, 0.1], rtol=1e-5)


def test_weight_clip():
    model = plain_model(scheme=TrainingScheme(weight_clip=0.01))
    model.train_on_batch(make_images(4))
    direction = model.discriminator.head.kernel
    assert isinstance(direction.constraint, UnitSphere)
    for variable in model.discriminator.trainable_variables:
        if variable is not direction:
            assert np.abs(number(variable)).max() <= 0.01 * (1 + 1e-6), variable.path
    assert max(np.abs(w).max() for w in arrays(model.generator.weights)) > 0.01
    model.compile()
    assert all(not isinstance(v.constraint, WeightClip) for v in model.discriminator.weights)


def test_gradient_clipping_is_the_optimizers():
    updates = []
    for clip in ({}, {"global_clipnorm": 1e-3}):
        model = plain_model()
        model.compile(
            "non_saturating",
            keras.optimizers.SGD(1.0, **clip),
            keras.optimizers.SGD(1.0, **clip),
            run_eagerly=True,
        )
        before = arrays(model.generator.trainable_variables)
        model.train_on_batch(make_images(4))
        moved = arrays(model.generator.trainable_variables)
        updates.append(
            np.concatenate([(a - b).ravel() for a, b in zip(moved, before, strict=True)])
        )
    norms = [np.linalg.norm(update) for update in updates]
    assert norms[0] > 2e-3
    np.testing.assert_allclose(norms[1], 1e-3, rtol=1e-2)


def scores():
    random = np.random.default_rng(1)
    draws = [random.normal(mean, size=(4000, 1)) for mean in (1.0, 0.0)]
    return [keras.ops.convert_to_tensor(draw, "float32") for draw in draws]


def discriminator_loss(scheme, loss="lsgan"):
    objective = Objective(loss, (), None, scheme, 1.0, None)
    real, fake = scores()
    seed = keras.random.SeedGenerator(3)
    value, _ = objective.discriminator([(real, None)], [(fake, None)], seed)
    return float(number(value))


def test_label_smoothing_moves_the_target_of_least_squares():
    real, fake = map(number, scores())
    # (1 - e) (r - 1)^2 + e r^2 = (r - (1 - e))^2 + e (1 - e)
    expected = np.square(real - 0.9).mean() + 0.09 + np.square(fake).mean()
    np.testing.assert_allclose(
        discriminator_loss(TrainingScheme(label_smoothing=0.1)), expected, rtol=1e-5
    )


def test_label_flipping_mixes_the_terms():
    real, fake = map(number, scores())
    right = [np.square(real - 1).mean(), np.square(fake).mean()]
    wrong = [np.square(real).mean(), np.square(fake - 1).mean()]
    expected = 0.8 * sum(right) + 0.2 * sum(wrong)
    found = discriminator_loss(TrainingScheme(label_flipping=0.2))
    np.testing.assert_allclose(found, expected, rtol=0.05)
    assert abs(found - sum(right)) > 0.01


def test_labels_are_right_in_evaluation():
    noisy = plain_model(scheme=TrainingScheme(label_flipping=0.4))
    plain = plain_model()
    logs = [m.test_on_batch(make_images(8), return_dict=True) for m in (noisy, plain)]
    np.testing.assert_allclose(
        float(logs[0]["discriminator_loss"]), float(logs[1]["discriminator_loss"]), rtol=1e-5
    )


@pytest.mark.parametrize("loss", ["hinge", "wasserstein", "relativistic"])
def test_label_noise_is_refused_at_a_margin(loss):
    with pytest.raises(ValueError, match="has no targets to smooth or flip"):
        make_model(loss=loss, scheme=TrainingScheme(label_smoothing=0.1))


def test_top_k_is_refused_for_pairs():
    with pytest.raises(ValueError, match="`top_k` needs a generator loss of each image"):
        make_model(loss="relativistic", scheme=TrainingScheme(top_k=0.5))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"top_k": 0.0}, "`top_k` must be in"),
        ({"top_k_images": -1}, "`top_k_images` must be not negative"),
        ({"warm_up_steps": -1}, "`warm_up_steps` must be not negative"),
        ({"accumulation": 0}, "`accumulation` must be a positive"),
        ({"accumulation": 1.5}, "`accumulation` must be a positive"),
        ({"decay_steps": 0}, "`decay_steps` must be positive or None"),
        ({"weight_clip": -1.0}, "`weight_clip` must be positive or None"),
        ({"label_flipping": 0.5}, "`label_flipping` must be in"),
    ],
)
def test_bad_numbers_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        TrainingScheme(**arguments)


def test_freeze_holds_the_first_layers_and_is_saved(tmp_path):
    model = make_model()
    freeze_discriminator_layers(model, 1)
    model.compile(run_eagerly=True)
    frozen = model.discriminator.trunk.trainable_variables
    assert frozen == []
    kernel = next(w for w in model.discriminator.trunk.weights if w.name == "kernel")
    before = arrays([kernel, model.discriminator.head.kernel])
    model.train_on_batch(make_images(8))
    after = arrays([kernel, model.discriminator.head.kernel])
    np.testing.assert_array_equal(before[0], after[0])
    assert not np.array_equal(before[1], after[1])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.frozen_discriminator_layers == 1
    assert loaded.discriminator.trunk.trainable_variables == []
    held = [*model.variables, *model.optimizer.variables]
    others = [*loaded.variables, *loaded.optimizer.variables]
    for one, other in zip(arrays(held), arrays(others), strict=True):
        np.testing.assert_array_equal(one, other)
    freeze_discriminator_layers(model, 0)
    assert len(model.discriminator.trunk.trainable_variables) == 2
    with pytest.raises(ValueError, match="has 1 layers with weights before its head"):
        freeze_discriminator_layers(model, 2)


def test_what_normalises_by_the_batch_goes_on_inside_a_frozen_block():
    model = keras_san.models.build(
        "sngan", (32, 32, 1), width=1, discriminator_options={"normalizer": "batch"}
    )
    freeze_discriminator_layers(model, 2)
    first = [layer for layer in model.discriminator.trunk.layers if layer.weights][:2]
    inner = [one for layer in first for one in layer._flatten_layers()]
    norms = [layer for layer in inner if isinstance(layer, keras.layers.BatchNormalization)]
    assert norms and all(layer.trainable for layer in norms)
    assert not any(layer.trainable_weights for layer in first)
    before = arrays([layer.moving_mean for layer in norms])
    model.compile(run_eagerly=True)
    model.train_on_batch(np.random.default_rng(0).integers(0, 256, (10, 32, 32, 1), "uint8"))
    for old, new in zip(before, arrays([layer.moving_mean for layer in norms]), strict=True):
        assert not np.array_equal(old, new)


STATEFUL = {
    "loss": {"loss": "began", "head": "auto_encoder"},
    "penalties": {"penalties": ["lecam", "path_length:2:1"], "loss": "non_saturating"},
    "augment": {"augment": ["ada:0.1", keras_san.augment.InstanceNoise(0.1, 100)]},
}


@pytest.mark.parametrize("kind", STATEFUL)
def test_all_state_comes_back_bit_for_bit(kind, tmp_path):
    model = make_model(
        run_eagerly=True, scheme=TrainingScheme(generator_batch_size=6), **STATEFUL[kind]
    )
    state = model.objective.variables
    assert state and {id(v) for v in state} <= {id(v) for v in model.non_trainable_variables}
    for index, variable in enumerate(state):
        variable.assign(0.1 + index)
    for _ in range(2):
        model.train_on_batch(make_images(4))
    assert any(abs(float(number(v)) - 0.1 - i) > 1e-6 for i, v in enumerate(state))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.objective.scheme == model.objective.scheme
    held, others = (
        [*each.variables, *each.optimizer.variables, *each.objective.variables]
        for each in (model, loaded)
    )
    for one, other in zip(arrays(held), arrays(others), strict=True):
        np.testing.assert_array_equal(one, other)


def test_compiling_anew_forgets_the_old_state():
    model = make_model()
    count = len(model.variables)
    model.compile(penalties=["lecam"], augment="ada")
    assert len(model.variables) == count + 7
    model.compile()
    assert len(model.variables) == count


def test_every_update_draws_latents_of_its_own():
    model = plain_model()
    model.discriminator_steps = 2
    seen = []
    generate = model._generate
    model._generate = lambda network, latents, *rest, **options: (
        seen.append(number(latents)) or generate(network, latents, *rest, **options)
    )
    model.train_on_batch(make_images(8))
    assert len(seen) == 3
    assert not any(np.array_equal(a, b) for a, b in [seen[:2], seen[1:], seen[::2]])


def test_every_update_draws_noise_of_its_own():
    latents = keras.Input((4,))
    noised = keras_san.layers.NoiseInjection(seed=3)(keras.layers.Reshape((2, 2, 1))(latents))
    pixels = keras.layers.Dense(64, "tanh")(keras.layers.Flatten()(noised))
    generator = keras.Model(latents, keras.layers.Reshape(SHAPE)(pixels))
    for layer in generator.layers:
        if isinstance(layer, keras_san.layers.NoiseInjection):
            layer.set_weights([np.ones_like(weight) for weight in layer.get_weights()])
    model = SANModel(generator, plain_model().discriminator, seed=4, discriminator_steps=2)
    model.compile("non_saturating", run_eagerly=True)
    # Without latents, images differ by their noise alone.
    model.sample_latents = lambda count: keras.ops.zeros((count, 4))
    seen = []
    compare = model._scorer.compare
    model._scorer.compare = lambda real, fake, *rest, **options: (
        seen.append(keras.ops.stop_gradient(fake)) or compare(real, fake, *rest, **options)
    )
    for _ in range(2):
        model.train_on_batch(make_images(8))
    images = [number(image) for image in seen]
    assert len(images) == 4
    assert all(np.abs(a - b).max() > 1e-3 for a, b in itertools.combinations(images, 2))
    # The generator's own update drew between the two steps.
    (state,) = [v for v in generator.variables if v.dtype == "uint32" or "seed" in v.name]
    assert number(state).tolist()[-1] == 6
