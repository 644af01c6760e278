"""How `SANModel` takes networks that were made by hand with Keras."""

import keras
import numpy as np
import pytest
from tiny_gan import SHAPE, make_images, make_model
from tiny_gan import train as train_tiny

import keras_san
from keras_san.layers import SANDense, WeightClip
from keras_san.models import DCGANDiscriminator, DCGANGenerator, Discriminator, SANModel


def sequential(*last, **options):
    """A discriminator of Keras alone."""
    layers = [keras.layers.Flatten(), keras.layers.Dense(8, name="hidden", **options)]
    return keras.Sequential([keras.Input(SHAPE), *layers, *(last or [keras.layers.Dense(1)])])


def generator(*last, **options):
    latents = keras.Input((4,))
    pixels = keras.layers.Dense(64, activation="tanh", name="pixels", **options)(latents)
    for layer in last:
        pixels = layer(pixels)
    return keras.Model(latents, keras.layers.Reshape(SHAPE)(pixels))


def step(model, **options):
    """The logs of one step with plain gradient descent."""
    optimizers = [keras.optimizers.SGD(0.1) for _ in range(2)]
    model.compile("non_saturating", *optimizers, **options)
    return model.train_on_batch(make_images(4), return_dict=True)


def test_labels_that_nobody_judges_are_refused():
    with_labels = DCGANGenerator((32, 32, 3), num_classes=10, width=2)
    without = DCGANDiscriminator((32, 32, 3), width=2)
    with pytest.raises(ValueError, match="discriminator has 0 classes, but num_classes=10"):
        SANModel(with_labels, without, num_classes=10)
    conditional, alone = make_model(num_classes=3), make_model()
    with pytest.raises(ValueError, match="takes no labels, but num_classes=3"):
        SANModel(conditional.generator, alone.discriminator, num_classes=3)
    with pytest.raises(ValueError, match="takes no labels, but num_classes=3"):
        SANModel(conditional.generator, sequential(), num_classes=3)
    with pytest.raises(ValueError, match="discriminator has 3 classes, but num_classes=0"):
        SANModel(alone.generator, conditional.discriminator)
    with pytest.raises(ValueError, match="generator has 10 classes, but num_classes=100"):
        SANModel(with_labels, without, num_classes=100)


def test_networks_of_other_inputs_and_outputs_are_refused():
    player, judge = generator(), sequential()
    scores, images = judge.outputs[0], player.outputs[0]
    with pytest.raises(ValueError, match="The generator .* returns a dictionary"):
        SANModel(keras.Model(player.inputs, {"images": images}), judge)
    with pytest.raises(ValueError, match="The discriminator .* returns a dictionary"):
        SANModel(player, keras.Model(judge.inputs, {"scores": scores}))
    latents = keras.Input((1, 1, 4))
    from_maps = keras.Model(latents, player(keras.layers.Flatten()(latents)))
    with pytest.raises(ValueError, match=r"input shape is \(None, 1, 1, 4\)"):
        SANModel(from_maps, judge)
    with pytest.raises(ValueError, match="must be a functional or sequential model of a known"):
        Discriminator(keras.Sequential([keras.layers.Flatten()]), SANDense(1))


@pytest.mark.parametrize("classes", [0, 5])
def test_heads_that_tell_classes_tell_those_of_the_generator(classes):
    judge = DCGANDiscriminator((32, 32, 3), num_classes=10, width=2, head="san_classifier")
    player = DCGANGenerator((32, 32, 3), num_classes=classes, width=2)
    with pytest.raises(
        ValueError, match=f"discriminator has 10 classes, but num_classes={classes}"
    ):
        SANModel(player, judge, num_classes=classes)
    with pytest.raises(ValueError, match=f"generator has {classes} classes, but num_classes=10"):
        SANModel(player, judge, num_classes=10)


def test_a_san_head_in_a_keras_model_becomes_one():
    discriminator = sequential(SANDense(1))
    with pytest.raises(ValueError, match="SAN head .* ordinary GAN.*to_san"):
        SANModel(generator(), discriminator)
    converted = keras_san.to_san(discriminator)
    assert converted.head is discriminator.layers[-1]
    assert "direction_loss" in step(SANModel(generator(), converted))


def test_a_direction_of_nothing_is_refused():
    zeros = sequential(keras.layers.Dense(2, kernel_initializer="zeros"))
    with pytest.raises(ValueError, match="weights of zero"):
        keras_san.to_san(zeros)


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_regularizers_of_weights_join_the_loss_of_their_network(player):
    moved = {}
    for strength in (0.0, 0.5):
        keras.utils.set_random_seed(1)
        options = {"kernel_regularizer": keras.regularizers.L2(strength)} if strength else {}
        given = {"generator": generator, "discriminator": sequential}
        networks = {
            name: make(**(options if name == player else {})) for name, make in given.items()
        }
        model = SANModel(**networks, seed=1, discriminator_steps=1)
        layer = networks[player].get_layer("pixels" if player == "generator" else "hidden")
        before = keras.ops.convert_to_numpy(layer.kernel)
        step(model)
        moved[strength] = keras.ops.convert_to_numpy(layer.kernel) - before
    # The gradient of strength * w^2, at a learning rate of 0.1.
    np.testing.assert_allclose(moved[0.5] - moved[0.0], -0.1 * before, atol=1e-5)


def test_losses_that_nobody_adds_are_refused():
    loud = generator(keras.layers.Dense(64, activity_regularizer="l2", name="loud"))
    with pytest.raises(ValueError, match="'loud' has an `activity_regularizer`"):
        SANModel(loud, sequential()).compile("hinge")


def test_a_constraint_of_the_users_own_stays():
    discriminator = sequential(kernel_constraint=WeightClip(0.01))
    model = SANModel(generator(), discriminator)
    hidden = discriminator.get_layer("hidden")
    for scheme in (None, keras_san.models.TrainingScheme(weight_clip=0.5), None):
        step(model, scheme=scheme)
        assert np.abs(keras.ops.convert_to_numpy(hidden.kernel)).max() <= 0.0101
        assert (hidden.bias.constraint is None) == (scheme is None)


def test_a_layer_that_no_file_could_name():
    class Twice(keras.layers.Layer):
        def call(self, inputs):
            return 2.0 * inputs

    model = SANModel(generator(Twice()), sequential())
    latents = np.ones((2, 4), "float32")
    for network in (model.generator, model.generator_ema):
        images = keras.ops.convert_to_numpy(network(latents))
        assert images.shape == (2, *SHAPE)
    assert np.isfinite(step(model)["generator_loss"])


def test_a_subclassed_generator_is_told_what_to_be():
    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(64)

        def call(self, latents):
            return keras.ops.reshape(self.dense(latents), (-1, *SHAPE))

    network = Subclassed()
    network(np.ones((1, 4), "float32"))
    with pytest.raises(ValueError, match="must be a functional or sequential model"):
        SANModel(network, sequential())


@keras.saving.register_keras_serializable("tests")
class OwnDiscriminator(keras_san.models.Discriminator):
    """A subclass that keeps the constructor."""


def test_a_subclass_of_the_discriminator_is_saved(tmp_path):
    model = make_model()
    own = OwnDiscriminator(model.discriminator.trunk, model.discriminator.head)
    images = make_images(2).astype("float32") / 127.5 - 1.0
    model = SANModel(model.generator, own)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert type(loaded.discriminator) is OwnDiscriminator
    np.testing.assert_allclose(loaded.score(images), model.score(images), atol=1e-6)


def test_layers_held_still_by_hand_stay_so_in_a_file(tmp_path):
    model = keras_san.models.build("dcgan", (32, 32, 1), width=2, latent_dim=4)
    held = [model.discriminator.trunk.layers[1], model.generator.layers[1]]
    for layer in held:
        layer.trainable = False
    counts = [len(n.trainable_variables) for n in (model.generator, model.discriminator)]
    model.compile()
    images = np.zeros((8, 32, 32, 1), "uint8")
    model.fit(images, batch_size=8, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert counts == [len(n.trainable_variables) for n in (loaded.generator, loaded.discriminator)]
    assert len(loaded.optimizer.variables) == len(model.optimizer.variables)
    assert int(loaded.optimizer.discriminator.iterations) == 1 * model.discriminator_steps
    # Freezing more layers frees none of those.
    trunk = model.discriminator.trunk
    weighted = [layer for layer in trunk.layers if layer.weights]
    keras_san.models.freeze_discriminator_layers(model, 2)
    keras_san.models.freeze_discriminator_layers(model, 0)
    weighted[-1].trainable = False
    keras_san.models.freeze_discriminator_layers(model, 1)
    assert [layer.trainable for layer in (weighted[0], weighted[1], weighted[-1])] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("layer", ["transposed", "channels_first", "dilated"])
def test_a_head_without_a_direction_to_read_trains_without_that_log(layer):
    if layer == "channels_first" and keras.backend.backend() == "tensorflow":
        pytest.skip("TensorFlow on the CPU has no such convolution")
    head = {
        "transposed": lambda: keras.layers.Conv2DTranspose(1, 2),
        "channels_first": lambda: keras.layers.Conv2D(1, 2, data_format="channels_first"),
        "dilated": lambda: keras.layers.Conv2D(1, 2, dilation_rate=2),
    }[layer]()
    seen = keras.Input(SHAPE)
    trunk = keras.Model(seen, keras.layers.LeakyReLU()(seen + 0.0))
    if layer == "channels_first":
        trunk = keras.Model(seen, keras.layers.Permute((3, 1, 2))(seen))
    logs = step(SANModel(generator(), keras_san.models.Discriminator(trunk, head)))
    assert "direction_cosine" not in logs and np.isfinite(logs["discriminator_loss"])


def test_one_penalty_needs_no_list():
    for penalties, count in (("r1", 1), (keras_san.penalties.L2(), 1), (None, 0)):
        model = make_model(penalties=penalties)
        assert len(model.penalties) == count


def test_an_augmentation_inside_a_penalty_adapts():
    augment = keras_san.augment.Blur(images=8)
    model = make_model(penalties=[keras_san.penalties.Consistency(augment=augment)])
    train_tiny(model, 2)
    assert float(augment.variables[0]) == 8.0
