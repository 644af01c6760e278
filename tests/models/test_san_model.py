"""The model around the step: what it trains on, logs, keeps apart, saves and refuses."""

import keras
import numpy as np
import pytest
from tiny_gan import SHAPE, make_images, make_model

import keras_san
from keras_san.models import MovingAverage, OptimizerPair, SANModel

LABELS = np.arange(16) % 3


def arrays(variables):
    return [keras.ops.convert_to_numpy(variable).copy() for variable in variables]


def same(before, after):
    return all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def batches(labels=False):
    images = make_images()
    for start in range(0, len(images), 8):
        rows = slice(start, start + 8)
        yield (images[rows], LABELS[rows]) if labels else (images[rows],)


class Batches(keras.utils.PyDataset):
    def __init__(self, labels):
        super().__init__()
        self.items = list(batches(labels))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index]


def tf_data(labels):
    tf = pytest.importorskip("tensorflow")
    data = (make_images(), LABELS) if labels else make_images()
    return tf.data.Dataset.from_tensor_slices(data).batch(8)


def torch_loader(labels):
    torch = pytest.importorskip("torch")
    parts = (make_images(), LABELS) if labels else (make_images(),)
    tensors = torch.utils.data.TensorDataset(*map(torch.as_tensor, parts))
    return torch.utils.data.DataLoader(tensors, batch_size=8)


SOURCES = {
    "array": lambda labels: (make_images(), LABELS) if labels else (make_images(),),
    "tf.data": lambda labels: (tf_data(labels),),
    "DataLoader": lambda labels: (torch_loader(labels),),
    "PyDataset": lambda labels: (Batches(labels),),
    "generator": lambda labels: (batches(labels),),
}


@pytest.mark.parametrize("labels", [False, True])
def test_fit_takes_every_kind_of_data(labels):
    model = make_model(num_classes=3 * labels)
    for count, (name, source) in enumerate(SOURCES.items(), start=1):
        data = source(labels)
        options = {"array": {"batch_size": 8}, "generator": {"steps_per_epoch": 2}}.get(name, {})
        history = model.fit(*data, verbose=0, **options)
        assert np.isfinite(history.history["generator_loss"][0]), name
        assert int(keras.ops.convert_to_numpy(model.images_seen)) == 16 * count, name


def test_fit_again_then_batch_then_evaluate_and_predict():
    model = make_model()
    model.fit(make_images(), batch_size=8, epochs=2, verbose=0)
    model.fit(make_images(), batch_size=8, verbose=0)
    model.train_on_batch(make_images(8))
    assert int(keras.ops.convert_to_numpy(model.images_seen)) == 56
    before = arrays([*model.variables, *model.optimizer.variables])
    losses = model.evaluate(make_images(), batch_size=8, verbose=0, return_dict=True)
    assert np.isfinite(losses["discriminator_loss"]) and np.isfinite(losses["generator_loss"])
    latents = np.zeros((3, 4), "float32")
    images = model.predict(latents, verbose=0)
    assert images.shape == (3, *SHAPE) and np.abs(images).max() <= 1
    np.testing.assert_allclose(images, model.generator_ema.predict(latents, verbose=0), atol=1e-6)
    changed = [
        variable.path
        for variable, old in zip(
            [*model.variables, *model.optimizer.variables], before, strict=True
        )
        if not np.array_equal(keras.ops.convert_to_numpy(variable), old)
    ]
    assert all("seed" in path for path in changed), changed


def test_steps_per_execution(backend):
    if backend == "torch":
        pytest.skip("Keras refuses steps_per_execution > 1 on PyTorch")
    model = make_model(steps_per_execution=2)
    model.fit(make_images(), batch_size=4, verbose=0)
    assert int(keras.ops.convert_to_numpy(model.images_seen)) == 16


def test_run_eagerly_equals_compiled():
    results = []
    for eager in (False, True):
        keras.utils.set_random_seed(3)
        model = make_model(run_eagerly=eager)
        results.append(model.train_on_batch(make_images(8), return_dict=True))
    for name, value in results[0].items():
        np.testing.assert_allclose(results[1][name], value, rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("moving", ["generator", "discriminator"])
def test_each_update_moves_one_player(moving):
    model = make_model(loss="non_saturating")
    players = ["generator", "discriminator"]
    still = players[players.index(moving) - 1]
    setattr(model, f"_update_{still}", lambda *_: {})
    before = {player: arrays(getattr(model, player).variables) for player in players}
    model.train_on_batch(make_images(8))
    # Bit for bit: weights, batch statistics, power-iteration vectors and seeds.
    assert same(before[still], arrays(getattr(model, still).variables))
    variables = getattr(model, moving).variables
    unmoved = [
        variable.path
        for variable, old, new in zip(variables, before[moving], arrays(variables), strict=True)
        if np.array_equal(old, new)
    ]
    # A bias in front of batch normalisation has no gradient but rounding.
    assert [path for path in unmoved if "dense/bias" not in path] == []


def test_discriminator_steps_split_the_batch():
    model = make_model()
    model.discriminator_steps = 4
    model.fit(make_images(), batch_size=16, verbose=0)
    iterations = [model.optimizer.discriminator.iterations, model.optimizer.generator.iterations]
    assert [int(keras.ops.convert_to_numpy(count)) for count in iterations] == [4, 1]
    with pytest.raises(ValueError, match="cannot be split between 4 discriminator updates"):
        model.train_on_batch(make_images(2))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    model = make_model()
    history = model.fit(make_images(), batch_size=4, epochs=2, verbose=0).history
    assert np.isfinite([values[-1] for values in history.values()]).all()
    scaled = isinstance(model.optimizer.generator, keras.optimizers.LossScaleOptimizer)
    assert scaled == (policy == "mixed_float16")
    assert model.discriminator.head.compute_dtype == "float32"
    assert model.generate(2).shape == (2, *SHAPE)


def test_average_has_its_own_buffers_and_ramps_up():
    average = MovingAverage(half_life=100, ramp_up=0.05)
    decays = [float(keras.ops.convert_to_numpy(average.decay(8, seen))) for seen in (0, 400, 10**6)]
    np.testing.assert_allclose(decays, [0.0, 0.5 ** (8 / 20), 0.5 ** (8 / 100)], rtol=1e-5)
    model = make_model()
    model.train_on_batch(make_images(8))
    # The first step copies: no image had been seen.
    assert same(arrays(model.generator.weights), arrays(model.generator_ema.weights))
    model.train_on_batch(make_images(8))
    pairs = list(zip(model.generator.weights, model.generator_ema.weights, strict=True))
    assert all(weight is not averaged for weight, averaged in pairs)
    # Of 8 images seen a twentieth is the half-life.
    for weight, averaged in pairs:
        np.testing.assert_allclose(*arrays([weight, averaged]), rtol=1e-4, atol=1e-5)


def test_generate_is_a_function_of_the_seed():
    model = make_model(num_classes=3)
    images = model.generate(5, seed=2)
    assert images.dtype == np.uint8 and images.shape == (5, *SHAPE)
    for batch_size in (1, 2, 64):
        other = model.generate(seeds=[2, 3, 4, 5, 6], batch_size=batch_size)
        assert np.abs(images.astype(int) - other.astype(int)).max() <= 1
    assert not np.array_equal(images, model.generate(5, seed=2, truncation=0.5))
    assert not np.array_equal(model.generate(5, labels=0), model.generate(5, labels=1))
    assert model.generate(0).shape == (0, *SHAPE)


def test_score_orders_as_the_discriminator():
    model = make_model(num_classes=3)
    images = make_images(7)
    scores = model.score(images, labels=LABELS[:7], batch_size=3)
    inputs = [images.astype("float32") / 127.5 - 1, LABELS[:7]]
    expected = keras.ops.convert_to_numpy(model.discriminator(inputs, training=False))
    np.testing.assert_allclose(scores, expected[:, 0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("num_classes", [0, 3])
def test_keras_file_holds_everything(tmp_path, num_classes):
    model = make_model(num_classes, penalties=[keras_san.penalties.R1(0.5)])
    labels = LABELS if num_classes else None
    model.fit(make_images(), labels, batch_size=8, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for name in ("num_classes", "discriminator_steps", "direction_weight", "latent_dim"):
        assert getattr(loaded, name) == getattr(model, name)
    assert loaded.ema.get_config() == model.ema.get_config()
    assert loaded.penalties[0].get_config() == model.penalties[0].get_config()
    held = [*model.variables, *model.optimizer.variables]
    assert same(arrays(held), arrays([*loaded.variables, *loaded.optimizer.variables]))
    assert np.array_equal(model.generate(3), loaded.generate(3))


def test_ordinary_discriminator_trains_as_the_ordinary_gan():
    generator = make_model().generator
    layers = [keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(1)]
    model = SANModel(generator, keras.Sequential(layers))
    model.compile(loss="non_saturating")
    history = model.fit(make_images(), batch_size=8, verbose=0).history
    assert "direction_loss" not in history and "direction_cosine" not in history
    assert np.isfinite(history["discriminator_loss"][0])


def test_batch_norm_in_the_discriminator_and_several_outputs():
    images = keras.Input(SHAPE)
    x = keras.layers.BatchNormalization()(keras.layers.Flatten()(images))
    outputs = [keras.layers.Dense(1)(x), keras.layers.Dense(2)(x)]
    model = SANModel(make_model().generator, keras.Model(images, outputs))
    model.compile(loss="hinge")
    logs = model.train_on_batch(make_images(8), return_dict=True)
    # The hinge loss of two outputs near zero.
    assert 2.0 < logs["discriminator_loss"] < 8.0
    assert model.score(make_images(3)).shape == (3,)


def test_learning_rate_of_the_pair_scales_both():
    model = make_model(
        generator_optimizer=keras.optimizers.Adam(1e-3),
        discriminator_optimizer=keras.optimizers.SGD(4e-3),
    )
    model.optimizer.learning_rate = 5e-4
    rates = [model.optimizer.generator.learning_rate, model.optimizer.discriminator.learning_rate]
    np.testing.assert_allclose(arrays(rates), [5e-4, 2e-3], rtol=1e-5)


MODEL = {}


@pytest.fixture
def model():
    return MODEL.setdefault(3, make_model(num_classes=3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.fit(make_images()), "class-conditional"),
        (lambda m: m.fit(make_images(), LABELS + 1), r"must lie in \[0, 3\)"),
        (lambda m: m.fit(make_images(), LABELS / 2), "must be integers"),
        (lambda m: m.fit(make_images()[:, :4], LABELS), "Expected images of shape"),
        (lambda m: m.fit(make_images() * 1.0, LABELS), r"must lie in \[-1, 1\]"),
        (lambda m: m.fit(make_images() * np.nan, LABELS), r"must lie in \[-1, 1\]"),
        (lambda m: m.fit(make_images().astype("int64"), LABELS), "uint8 or float"),
        (lambda m: m.fit(make_images(), LABELS[:5]), "Expected 16 labels"),
        (lambda m: m.generate(), "either `count` or `seeds`"),
        (lambda m: m.generate(2, seeds=[1]), "either `count` or `seeds`"),
        (lambda m: m.generate(2, labels=[3, 0]), r"must lie in \[0, 3\)"),
        (lambda m: m.generate(2, truncation=1.5), r"`truncation` must be in \(0, 1\]"),
        (lambda m: m.generate(seeds=[-1]), "seed must be an integer"),
        (lambda m: m.score(make_images()), "give labels"),
        (lambda m: m.compile(loss="hinged"), "Unknown GAN objective"),
        (lambda m: m.compile(penalties=[keras_san.penalties.R1()] * 2), "name of its own"),
        (lambda m: m.generate(2, batch_size=0), "`batch_size` must be positive"),
        (lambda m: m.optimizer.apply([]), "applies no gradients"),
        (lambda m: SANModel(m.generator, m.discriminator), "num_classes=0"),
        (lambda m: SANModel(m.generator, m.discriminator, num_classes=3, ema="1"), "half-life"),
        (lambda m: OptimizerPair(m.optimizer.generator, m.optimizer.generator), "optimizer each"),
    ],
)
def test_bad_input_is_named(model, call, message):
    with pytest.raises(ValueError, match=message):
        call(model)


def test_images_from_zero_to_one_are_warned_about():
    images = make_images().astype("float32") / 255
    with pytest.warns(UserWarning, match="2 \\* images - 1"):
        make_model().fit(images, batch_size=16, verbose=0)


def test_networks_must_fit():
    generator = make_model().generator
    layers = [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    with pytest.raises(ValueError, match="takes \\(4, 4, 1\\)"):
        SANModel(generator, keras.Sequential(layers))
    with pytest.raises(ValueError, match="has no weights yet"):
        SANModel(generator, keras.Sequential([keras.layers.Dense(1)]))


def test_a_model_of_float16_is_loaded_with_its_optimizers(tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    model = keras_san.models.build("dcgan", (32, 32, 1), width=2)
    model.compile()
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 1), "uint8")
    model.fit(images, batch_size=4, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for before, after in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (before, after)))
    loaded.fit(images, batch_size=4, verbose=0)


def test_an_average_kept_by_the_optimizers_trains_on():
    model = keras_san.models.build("dcgan", (32, 32, 1), width=2)
    adam = lambda: keras.optimizers.Adam(use_ema=True)  # noqa: E731
    model.compile(generator_optimizer=adam(), discriminator_optimizer=adam())
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 1), "uint8")
    for _ in range(2):
        model.fit(images, batch_size=4, verbose=0)
    assert int(keras.ops.convert_to_numpy(model.images_seen)) == 8


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="XLA by TensorFlow")
def test_lazy_penalties_compile_where_the_batch_size_is_not_known():
    model = keras_san.models.build("dcgan", (32, 32, 1), width=2)
    model.compile(penalties=["r1:1:2"], jit_compile=True)
    images = np.random.default_rng(0).integers(0, 256, (10, 32, 32, 1), "uint8")
    stream = keras_san.data.arrays(images, batch_size=4, drop_remainder=False)
    logs = model.fit(stream, epochs=1, verbose=0).history
    assert np.isfinite(logs["r1"]).all() and np.isfinite(logs["discriminator_loss"]).all()
