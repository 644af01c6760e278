"""Any discriminator as a SAN discriminator: the same outputs, or a clear refusal."""

import keras
import numpy as np
import pytest
from gradients import close
from keras import ops

import keras_san
from keras_san.layers import SANConv2D, SANDense, SpectralNormalization
from keras_san.models import DCGANDiscriminator, Discriminator, SimpleSANDiscriminator

IMAGES = np.random.default_rng(1).uniform(-1, 1, size=(3, 8, 8, 2)).astype("float32")
LABELS = np.array([0, 2, 1], "int32")
SHAPE = (8, 8, 2)


def randomized(model):
    """The model with weights of any size, biases included."""
    random = np.random.default_rng(2)
    for weight in model.trainable_weights:
        weight.assign(random.normal(size=weight.shape) * 0.5)
    return model


def sequential(last, *before):
    return keras.Sequential([keras.Input(SHAPE), *before, last])


def trunk():
    return [
        keras.layers.Conv2D(3, 3, strides=2, activation="leaky_relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(5, activation="tanh"),
    ]


def check_same(model, inputs, head=SANDense):
    """The converted model, which must equal the given one as a single output and as a pair."""
    expected = ops.convert_to_numpy(model(inputs, training=False))
    converted = keras_san.to_san(model)
    assert isinstance(converted, Discriminator) and converted.has_direction
    assert type(converted.head) is head
    close(ops.convert_to_numpy(converted(inputs, training=False)), expected, 1e-6)
    for output in converted(inputs, training=False, direction_pair=True):
        close(ops.convert_to_numpy(output), expected, 1e-6)
    kernel = ops.convert_to_numpy(converted.head.kernel)
    norms = np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), axis=0)
    close(norms, np.ones_like(norms), 1e-6)
    # The original is what it was.
    close(ops.convert_to_numpy(model(inputs, training=False)), expected, 1e-6)
    return converted


@pytest.mark.parametrize("kind", [SpectralNormalization, keras.layers.SpectralNormalization])
def test_the_scale_keeps_pace_where_the_trunk_cannot_grow(kind):
    spectral = [kind(keras.layers.Dense(4)), keras.layers.Flatten()]
    for before, unit in ((spectral, "sqrt"), (trunk(), 1.0)):
        model = sequential(keras.layers.Dense(1), *before)
        assert keras_san.to_san(model).head.scale_unit == unit
        assert keras_san.to_san(model, scale_unit=3.0).head.scale_unit == 3.0


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("units", [1, 3])
def test_sequential(units, use_bias):
    model = sequential(keras.layers.Dense(units, use_bias=use_bias), *trunk())
    converted = check_same(randomized(model), IMAGES)
    assert ops.convert_to_numpy(converted.head.bias).any() == use_bias


def test_trunk_is_shared_with_the_original():
    model = randomized(sequential(keras.layers.Dense(1), *trunk()))
    converted = keras_san.to_san(model)
    first = converted.trunk.trainable_weights[0]
    assert first is model.trainable_weights[0]


@pytest.mark.parametrize("use_bias", [True, False])
def test_functional(use_bias):
    images = keras.Input(SHAPE)
    x = keras.layers.Flatten()(images)
    x = keras.layers.Dense(4, activation="relu")(x) + keras.layers.Dense(4)(x)
    model = keras.Model(images, keras.layers.Dense(1, use_bias=use_bias)(x))
    check_same(randomized(model), IMAGES)


def test_functional_with_two_inputs():
    images, labels = keras.Input(SHAPE), keras.Input((), dtype="int32")
    x = keras.layers.Dense(4)(keras.layers.Flatten()(images))
    x = keras.layers.LeakyReLU()(x * keras.layers.Embedding(3, 4)(labels))
    model = keras.Model([images, labels], keras.layers.Dense(1)(x))
    converted = check_same(randomized(model), [IMAGES, LABELS])
    assert converted.conditional and converted.conditional_trunk


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2])
def test_patch_head(padding, strides):
    use_bias = padding == "valid"
    last = keras.layers.Conv2D(2, 3, strides=strides, padding=padding, use_bias=use_bias)
    model = sequential(last, keras.layers.Conv2D(3, 3, activation="relu"))
    converted = check_same(randomized(model), IMAGES, SANConv2D)
    assert (converted.head.strides, converted.head.padding) == ((strides, strides), padding)


def test_patch_head_with_same_padding_takes_a_bias_of_zero():
    model = sequential(keras.layers.Conv2D(2, 3, padding="same"))
    check_same(model, IMAGES, SANConv2D)
    model.layers[-1].bias.assign([0.0, 1.0])
    with pytest.raises(ValueError, match="padding='same' and a bias that is not zero"):
        keras_san.to_san(model)


@pytest.mark.parametrize(
    ("last", "head"),
    [
        (lambda: keras.layers.Dense(2), SANDense),
        (lambda: keras.layers.Conv2D(2, 3), SANConv2D),
    ],
)
def test_spectral_normalization_of_the_last_layer(last, head):
    before = [] if head is SANConv2D else [keras.layers.Flatten()]
    model = randomized(sequential(SpectralNormalization(last()), *before))
    for _ in range(3):
        model(IMAGES, training=True)
    converted = check_same(model, IMAGES, head)
    assert not any("vector" in weight.path for weight in converted.head.weights)


@pytest.mark.parametrize(
    "discriminator",
    [
        lambda: DCGANDiscriminator((32, 32, 1), width=2, head="dense"),
        lambda: SimpleSANDiscriminator((28, 28, 1), width=2, head="dense"),
    ],
)
def test_discriminators_of_the_library(discriminator):
    model = discriminator()
    images = np.random.default_rng(1).uniform(-1, 1, size=(2, *model.image_shape))
    head = getattr(model.head, "layer", model.head)
    if head.use_bias:
        head.bias.assign([0.7])
    check_same(model, images.astype("float32"))


def test_converted_model_trains_and_is_saved(tmp_path):
    model = randomized(sequential(keras.layers.Dense(1), *trunk()))
    converted = keras_san.to_san(model)
    generator = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(128, "tanh"), keras.layers.Reshape(SHAPE)]
    )
    gan = keras_san.SANModel(generator, converted)
    gan.compile("hinge", run_eagerly=True)
    logs = gan.train_on_batch(IMAGES, return_dict=True)
    assert np.isfinite(list(map(float, logs.values()))).all() and "direction_loss" in logs
    converted.save(tmp_path / "discriminator.keras")
    loaded = keras.models.load_model(tmp_path / "discriminator.keras")
    expected = ops.convert_to_numpy(converted(IMAGES, training=False))
    close(ops.convert_to_numpy(loaded(IMAGES, training=False)), expected, 1e-6)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, inputs):
        return self.dense(ops.reshape(inputs, (-1, 128)))


def two_outputs():
    images = keras.Input(SHAPE)
    return keras.Model(images, [keras.layers.Dense(1)(images), keras.layers.Dense(1)(images)])


def added():
    images = keras.Input(SHAPE)
    return keras.Model(images, keras.layers.Dense(1)(images) + 1.0)


FLAT = keras.layers.Flatten


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: sequential(keras.layers.Dense(1, "sigmoid"), FLAT()), "activation 'sigmoid'.*raw"),
        (lambda: sequential(keras.layers.Conv2D(1, 3, activation="tanh")), "activation 'tanh'"),
        (lambda: sequential(keras.layers.ReLU(), FLAT(), keras.layers.Dense(1)), "is a ReLU"),
        (lambda: sequential(FLAT()), "is a Flatten.*Dense or Conv2D"),
        (lambda: sequential(keras.layers.Conv2D(2, 3, dilation_rate=2)), "without dilation"),
        (lambda: sequential(keras.layers.Conv2D(2, 3, groups=2)), "one group"),
        (added, "is a Add"),
        (two_outputs, "with one output. Received: 2"),
        (Subclassed, "built sequential or functional.*Received: Subclassed"),
        (lambda: keras.Sequential([FLAT(), keras.layers.Dense(1)]), "built sequential"),
        (lambda: DCGANDiscriminator((32, 32, 1), 3, 2, head="dense"), "Projection.*SANProjection"),
        (lambda: DCGANDiscriminator((32, 32, 1), width=2), "is a SANDense"),
        (lambda: keras.layers.Dense(1), "Received: Dense"),
    ],
)
def test_refuses(model, message):
    with pytest.raises(ValueError, match=message):
        keras_san.to_san(model())


def test_refuses_an_output_bias_that_no_input_bias_gives():
    """Three units of one feature, with biases that are no multiple of the kernel."""
    model = sequential(keras.layers.Dense(3), FLAT(), keras.layers.Dense(1))
    model.layers[-1].bias.assign([1.0, -1.0, 5.0])
    with pytest.raises(ValueError, match="bias"):
        keras_san.to_san(model)


def test_spectral_normalisation_of_keras():
    last = keras.layers.SpectralNormalization(keras.layers.Dense(1))
    model = randomized(sequential(last, *trunk()))
    model(IMAGES, training=True)
    check_same(model, IMAGES)


class Tenfold(keras.layers.Layer):
    image_shape = SHAPE

    def call(self, images):
        return 10.0 * images


def test_a_frozen_part_stays_in_front():
    whole = sequential(keras.layers.Dense(1), *trunk())
    inner = keras.Model(whole.inputs, whole.layers[-2].output)
    model = Discriminator(inner, whole.layers[-1], frozen=Tenfold(trainable=False))
    converted = keras_san.to_san(randomized(model))
    assert converted.frozen is model.frozen
    close(ops.convert_to_numpy(converted(IMAGES)), ops.convert_to_numpy(model(IMAGES)), 1e-5)


class TwoLayers(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.first, self.second = keras.layers.Dense(3), keras.layers.Dense(1)

    def build(self, shape):
        self.first.build(shape)
        self.second.build((None, 3))

    def call(self, features):
        return self.second(self.first(features))


def test_a_head_without_a_direction_is_trained_without_its_cosine():
    generator = keras_san.models.DCGANGenerator((32, 32, 1), width=1, latent_dim=4)
    inner = keras.Sequential([keras.Input((32, 32, 1)), keras.layers.Flatten()])
    model = keras_san.SANModel(generator, Discriminator(inner, TwoLayers()))
    model.compile("hinge")
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 1), "uint8")
    logs = model.train_on_batch(images, return_dict=True)
    assert np.isfinite(logs["discriminator_loss"]) and "direction_cosine" not in logs
