"""What a step, a second `compile` and a batch cannot do is said before work is lost."""

import keras
import numpy as np
import pytest
from tiny_gan import make_images, make_model

import keras_san
from keras_san.models import TrainingScheme


def make(**options):
    return keras_san.models.build("dcgan", (32, 32, 1), width=2, latent_dim=4, **options)


def images(count):
    return np.random.default_rng(0).integers(0, 256, (count, 32, 32, 1), "uint8")


@pytest.mark.parametrize("steps", [0, -1, 1.5])
def test_discriminator_steps_are_counted(steps):
    with pytest.raises(ValueError, match="must be a positive integer"):
        make(discriminator_steps=steps)


def test_fit_wants_compile():
    with pytest.raises(ValueError, match=r"call `model.compile\(\)`"):
        make().fit(images(4), verbose=0)


def test_a_last_batch_too_small_is_refused_at_once():
    model = make(discriminator_steps=2)
    model.compile(scheme=TrainingScheme(accumulation=2))
    with pytest.raises(ValueError, match="leave a last batch of 2.* 4 parts"):
        model.fit(images(10), batch_size=8, verbose=0)
    # Of 14 images 10 are trained on.
    with pytest.raises(ValueError, match="leave a last batch of 2.* 4 parts"):
        model.fit(images(14), batch_size=8, validation_split=0.25, verbose=0)
    # Where nothing is updated nothing is split.
    assert np.isfinite(
        model.evaluate(images(6), batch_size=4, verbose=0, return_dict=True)["discriminator_loss"]
    )


class Batches(keras.utils.PyDataset):
    """The batches that it is given; a graph of TensorFlow does not know their number of rows."""

    def __init__(self, *batches):
        super().__init__()
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


def test_a_batch_of_a_stream_too_small_leaves_the_weights():
    model = make(discriminator_steps=3)
    model.compile()
    with pytest.raises(ValueError, match=r"A batch of .* cannot be split between 3") as caught:
        model.fit(Batches((images(2),), (images(2),)), shuffle=False, verbose=0)
    assert "drop_remainder" in str(caught.value)
    check_whole(model)
    history = model.fit(images(3), batch_size=3, verbose=0).history
    assert np.isfinite(history["discriminator_loss"][0])


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_data_that_fail_leave_the_weights(method):
    model = make()
    model.compile()
    before = keras.ops.convert_to_numpy(model.generator_ema.weights[0])
    given = np.zeros((4, 5), "float32") if method == "predict" else images(4)[:, 1:]
    # Of another shape than the network's: the first step finds it.
    with pytest.raises(Exception, match="hape|imension|matri"):
        getattr(model, method)(Batches((given,)), verbose=0)
    check_whole(model)
    after = keras.ops.convert_to_numpy(model.generator_ema.weights[0])
    np.testing.assert_array_equal(before, after)


def check_whole(model):
    for weight in model.weights:
        assert np.isfinite(keras.ops.convert_to_numpy(weight)).all()


@pytest.mark.parametrize("shape", [(4, 3), (12,), (4, 1, 1)])
def test_labels_of_a_stream_are_one_an_image(shape):
    model = make(num_classes=3)
    model.compile()
    labels = np.zeros(shape, "int32")
    if shape == (12,) and keras.backend.backend() == "tensorflow":
        pytest.skip("a graph does not know the number of rows")
    with pytest.raises(ValueError, match="argmax"):
        model.fit(Batches((images(4), labels), (images(4), labels)), verbose=0)


def test_labels_of_a_stream_may_be_a_column():
    model = make(num_classes=3)
    model.compile()
    data = Batches((images(4), np.array([[0], [1], [2], [0]])))
    assert np.isfinite(model.fit(data, verbose=0).history["discriminator_loss"][0])


def test_held_out_images_have_a_range_too():
    model, images = make_model(), make_images
    bright = images(4).astype("float32")
    for refused in (
        lambda: model.evaluate(bright, verbose=0),
        lambda: model.evaluate(Batches((bright,)), verbose=0),
        lambda: model.fit(images(4), validation_data=bright, verbose=0),
        lambda: model.fit(images(4), validation_data=(bright, None), verbose=0),
        lambda: model.fit(images(4), validation_data=Batches((bright,)), verbose=0),
    ):
        with pytest.raises(ValueError, match=r"must lie in \[-1, 1\]"):
            refused()
    assert int(model.images_seen) == 0
    history = model.fit(images(4), validation_data=images(4), verbose=0).history
    assert np.isfinite(history["val_discriminator_loss"][0])


def test_labels_are_one_an_image():
    model = make(num_classes=3)
    model.compile()
    pairs = [(images(4), np.eye(3, dtype="int32")[[0, 1, 2, 0]])]
    with pytest.raises(ValueError, match="argmax"):
        model.train_on_batch(*pairs[0])
    few = keras_san.models.build("dcgan", (32, 32, 1), num_classes=2, width=2, latent_dim=4)
    few.compile()
    data = keras_san.data.arrays(images(6), [0, 1, 2, 0, 1, 2], batch_size=3)
    with pytest.raises(ValueError, match="has 3 classes, the model num_classes=2"):
        few.fit(data, verbose=0)


def test_a_course_of_the_learning_rate_is_for_one_compile():
    optimizers = [keras.optimizers.Adam(1e-3) for _ in range(2)]
    model = make()
    model.compile("hinge", *optimizers, scheme=TrainingScheme(decay_steps=10))
    with pytest.raises(ValueError, match="give a new optimizer"):
        model.compile("hinge", *optimizers)


def test_learning_rates_keep_their_ratio_through_zero():
    model = make()
    model.compile("hinge", keras.optimizers.Adam(1e-4), keras.optimizers.Adam(4e-4))
    pair = model.optimizer
    for rate in (0.0, 2e-4):
        pair.learning_rate = rate
    found = [float(each.learning_rate) for each in (pair.generator, pair.discriminator)]
    np.testing.assert_allclose(found, [2e-4, 8e-4], rtol=1e-6)


def test_orthogonal_filters_of_a_transposed_convolution_cost_nothing():
    layer = keras.layers.Conv2DTranspose(2, 1, use_bias=False)
    network = keras.Sequential([keras.Input((4, 4, 2)), layer])
    penalty = keras_san.penalties.Orthogonal()
    update = type("Update", (), {"network": network})()

    def cost(kernel):
        # (rows, columns, out, in): an output is a row.
        layer.kernel.assign(np.array(kernel, "float32")[None, None])
        return float(keras.ops.convert_to_numpy(penalty.term(update)))

    assert cost([[3.0, 6.0], [2.0, -1.0]]) == 0.0
    assert cost([[3.0, 2.0], [6.0, -1.0]]) > 0.0


def test_validation_logs_only_what_it_computes():
    model = make()
    model.compile(penalties=["lecam"], augment="ada")
    history = model.fit(images(8), batch_size=8, validation_data=images(8), verbose=0).history
    assert "lecam" in history and "val_discriminator_loss" in history
    assert not {"val_lecam", "val_augment_probability", "val_overfitting"} & set(history)


def test_weights_of_samples_are_refused():
    model = make()
    model.compile()
    with pytest.raises(ValueError, match="weigh all images alike"):
        model.train_on_batch(images(4), np.zeros(4, "int32"), sample_weight=np.ones(4))


def test_latents_have_the_length_that_the_generator_takes():
    with pytest.raises(ValueError, match="must be positive.*a generator of 0"):
        keras_san.models.build("dcgan", (32, 32, 1), width=2, latent_dim=0)
    model = make()
    with pytest.raises(ValueError, match="latent_dim=5, a generator of 4"):
        keras_san.SANModel(model.generator, model.discriminator, latent_dim=5)


@pytest.mark.parametrize("entry", ["fit", "evaluate"])
def test_batches_that_devices_cannot_share(entry, monkeypatch):
    model = make_model()
    monkeypatch.setattr(keras_san.backend, "batch_needs", lambda model, parts: (2, 2 * parts))
    run = getattr(model, entry)
    with pytest.raises(ValueError, match="9 images in batches of 4 cannot be shared .* 2 devices"):
        run(make_images(9), batch_size=4, verbose=0)
    with pytest.raises(ValueError, match="batches of 3 cannot be shared .* multiple of 2"):
        run(keras_san.data.arrays(make_images(), batch_size=3), verbose=0)
    rest = keras_san.data.arrays(make_images(9), batch_size=4, drop_remainder=False)
    with pytest.raises(ValueError, match="9 images in batches of 4"):
        run(rest, verbose=0)
    run(keras_san.data.arrays(make_images(9), batch_size=4), verbose=0)


def test_networks_of_different_classes_are_refused():
    generator, discriminator = make_model(num_classes=3), make_model(num_classes=2)
    with pytest.raises(ValueError, match="discriminator has 2 classes, but num_classes=3"):
        keras_san.SANModel(generator.generator, discriminator.discriminator, num_classes=3)


def test_an_optimizer_belongs_to_the_weights_it_was_built_for():
    optimizers = {
        f"{name}_optimizer": keras.optimizers.Adam() for name in ("generator", "discriminator")
    }
    model = make()
    for _ in range(2):
        model.compile(**optimizers)
        model.fit(images(4), batch_size=4, verbose=0)
    with pytest.raises(ValueError, match="optimizer of the generator was built for other weights"):
        make().compile(**optimizers)
    model.discriminator.trainable = False
    with pytest.raises(ValueError, match="optimizer of the discriminator was built for other"):
        model.compile(**optimizers)


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_a_player_that_is_frozen_as_a_whole_stays(player):
    model = make()
    model.compile()
    frozen, other = getattr(model, player), model.discriminator
    other = model.generator if frozen is other else other
    frozen.trainable = False
    with pytest.raises(ValueError, match=f"Layers of the {player} were frozen or unfrozen since"):
        model.fit(images(4), batch_size=4, verbose=0)
    model.compile()
    kernels = [
        next(weight for weight in network.weights if "kernel" in weight.path)
        for network in (frozen, other)
    ]
    before = [np.array(keras.ops.convert_to_numpy(kernel)) for kernel in kernels]
    model.fit(images(4), batch_size=4, verbose=0)
    moved = [
        not np.array_equal(old, keras.ops.convert_to_numpy(kernel))
        for old, kernel in zip(before, kernels, strict=True)
    ]
    assert moved == [False, True]


def test_a_single_batch_is_looked_at_too():
    model = make(num_classes=3)
    model.compile()
    for method in (model.train_on_batch, model.test_on_batch):
        with pytest.raises(ValueError, match=r"must lie in \[-1, 1\]. Received values in \[0, 255"):
            method(images(8).astype("float32"), np.zeros(8, "int32"))
        with pytest.raises(ValueError, match=r"Labels must lie in \[0, 3\)"):
            method(images(4), np.full(4, 3))
        assert np.isfinite(method(images(4), np.full(4, 2), return_dict=True)["generator_loss"])


@pytest.mark.parametrize("given", [[images(4)], (images(4), np.zeros(4))])
def test_a_list_is_no_array_of_images(given):
    model = make()
    model.compile()
    with pytest.raises(ValueError, match="second argument, `fit\\(images, labels\\)`"):
        model.fit(given, verbose=0)


def test_a_scheme_is_a_scheme():
    with pytest.raises(ValueError, match="TrainingScheme.*Received: {'top_k': 0.5}"):
        make().compile(scheme={"top_k": 0.5})


def test_a_callback_cannot_set_a_rate_that_follows_a_course():
    model = make()
    model.compile(scheme=TrainingScheme(warm_up_steps=10))
    halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    before = float(keras.ops.convert_to_numpy(model.optimizer.generator.learning_rate))
    with pytest.raises(ValueError, match="of the discriminator follows a WarmUp.*warm_up_steps"):
        model.fit(images(4), batch_size=4, verbose=0, callbacks=[halve])
    after = float(keras.ops.convert_to_numpy(model.optimizer.generator.learning_rate))
    assert after == before


def test_networks_of_probabilities_are_told_of():
    def network(shape, *layers):
        return keras.Sequential([keras.Input(shape), *layers])

    def pair(drawn, judged):
        generator = network(
            (4,),
            keras.layers.Dense(16),
            keras.layers.Reshape((4, 4, 1)),
            keras.layers.Conv2D(1, 3, padding="same", activation=drawn),
        )
        flat = keras.layers.Flatten()
        return generator, network((4, 4, 1), flat, keras.layers.Dense(1, activation=judged))

    with pytest.raises(ValueError, match="ends in the activation 'sigmoid'.*raw scores"):
        keras_san.SANModel(*pair("tanh", "sigmoid"))
    with pytest.warns(UserWarning, match="generator ends in the activation 'sigmoid'.*tanh"):
        keras_san.SANModel(*pair("sigmoid", None))
    keras_san.SANModel(*pair("tanh", None))
