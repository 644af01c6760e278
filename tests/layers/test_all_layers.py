"""What Keras expects of a layer, for every public one: a new layer needs an entry in LAYERS."""

import inspect

import keras
import numpy as np
import pytest
from gradients import close
from keras import ops

from keras_san import layers

RANDOM = np.random.default_rng(1)
IMAGES = RANDOM.normal(size=(5, 6, 5, 2)).astype("float32")
FEATURES = RANDOM.normal(size=(5, 4)).astype("float32")
LABELS = np.array([0, 2, 1, 1, 0], "int32")
HEAD = {"normalize": False, "stop_gradient": False, "scale_unit": "sqrt"}


def normal(stddev):
    return keras.initializers.RandomNormal(stddev=stddev, seed=3)


BLOCK = {
    "normalization": layers.BatchNormalization(momentum=0.8),
    "spectral_normalization": True,
    "kernel_initializer": normal(0.3),
}

# Name: (every argument at a value that is not its default, the inputs).
LAYERS = {
    "BatchNormalization": ({"momentum": 0.8, "epsilon": 0.01}, IMAGES),
    "ClassBatchNormalization": (
        {"num_classes": 3, "momentum": 0.8, "epsilon": 0.01},
        [IMAGES, LABELS],
    ),
    "ConditionalBatchNormalization": (
        {
            "spectral_normalization": True,
            "kernel_initializer": normal(0.3),
            "use_bias": True,
            "bias_initializer": normal(0.2),
            "momentum": 0.8,
            "epsilon": 0.01,
        },
        [IMAGES, FEATURES],
    ),
    "ClassifierHead": (
        {
            "num_classes": 3,
            "head": "dense",
            "kernel_initializer": normal(0.3),
            "scale_unit": 2.0,
            "use_bias": False,
            "spectral_normalization": True,
        },
        FEATURES,
    ),
    "Conv2D": (
        {"filters": 3, "kernel_size": (3, 4), "strides": (2, 1), "padding": "same"},
        IMAGES,
    ),
    "Conv2DTranspose": (
        {"filters": 3, "kernel_size": (3, 4), "strides": (2, 1), "padding": "same"},
        IMAGES,
    ),
    "DepthwiseConv2D": (
        {"kernel_size": (3, 4), "strides": (2, 2), "padding": "same"},
        IMAGES,
    ),
    "DeepDiscriminatorBlock": (
        {"filters": 4, "downsample": True} | BLOCK | {"spectral_normalization": False},
        IMAGES,
    ),
    "DeepGeneratorBlock": (
        {"filters": 1, "upsample": True} | BLOCK | {"spectral_normalization": False},
        IMAGES,
    ),
    "DiscriminatorBlock": (
        {
            "filters": 4,
            "downsample": False,
            "preactivation": False,
            "hidden_filters": 3,
            "shortcut_initializer": normal(0.2),
        }
        | BLOCK
        | {"spectral_normalization": False},
        IMAGES,
    ),
    "GeneratorBlock": (
        {
            "filters": 4,
            "upsample": False,
            "interpolation": "bilinear",
            "shortcut_initializer": normal(0.2),
        }
        | BLOCK,
        IMAGES,
    ),
    "GlobalSumPooling2D": ({}, IMAGES),
    "MinibatchStdDev": ({"group_size": 5, "num_channels": 2}, IMAGES),
    "NoiseInjection": ({"seed": 5}, IMAGES),
    "Projection": (
        {
            "num_classes": 3,
            "shared": False,
            "use_bias": False,
            "embeddings_initializer": normal(0.3),
            "spectral_normalization": True,
        },
        [FEATURES, LABELS],
    ),
    "ReconstructionHead": ({"width": 3}, [FEATURES, IMAGES]),
    "SANConv2D": (
        {
            "filters": 3,
            "kernel_size": (2, 3),
            "strides": (2, 1),
            "padding": "same",
            "use_bias": False,
            "kernel_initializer": normal(0.3),
        }
        | HEAD,
        IMAGES,
    ),
    "SANDense": (
        {"units": 3, "use_bias": False, "kernel_initializer": normal(0.3)} | HEAD,
        FEATURES,
    ),
    "SANEmbedding": (
        {"num_classes": 3, "features": 4, "embeddings_initializer": normal(0.3)} | HEAD,
        LABELS,
    ),
    "SANProjection": (
        {"num_classes": 3, "shared": True, "embeddings_initializer": normal(0.3)} | HEAD,
        [FEATURES, LABELS],
    ),
    "SelfAttention2D": (
        {"spectral_normalization": False, "kernel_initializer": normal(0.3)},
        IMAGES,
    ),
    "SkipLayerExcitation": (
        {"spectral_normalization": False, "kernel_initializer": normal(0.3)},
        [RANDOM.normal(size=(5, 8, 4, 3)).astype("float32"), IMAGES],
    ),
    "SpectralNormalization": (
        {"layer": keras.layers.Conv2D(3, 2), "power_iterations": 2, "epsilon": 1e-6},
        IMAGES,
    ),
    "UpSampling2D": ({"interpolation": "bilinear"}, IMAGES),
}
# The base of the heads has no value of its own; these are no layers.
OTHERS = {"SANHead", "JointUnitSphere", "UnitSphere", "WeightClip", "direction_cosine"}
HEADS = [name for name in LAYERS if issubclass(getattr(layers, name), layers.SANHead)]


def make(layer, **kwargs):
    """A new layer of the table, and its inputs. A wrapped layer is a new one as well."""
    arguments, inputs = LAYERS[layer]
    arguments = {
        key: value.__class__.from_config(value.get_config())
        if isinstance(value, keras.layers.Layer)
        else value
        for key, value in arguments.items()
    }
    return getattr(layers, layer)(**arguments, **kwargs), inputs


def symbolic(inputs, batch=None):
    return keras.tree.map_structure(
        lambda array: keras.Input(array.shape[1:], batch_size=batch, dtype=str(array.dtype)), inputs
    )


def shapes(inputs):
    return keras.tree.map_structure(lambda array: tuple(array.shape), inputs)


def rows(inputs, count):
    return keras.tree.map_structure(lambda array: array[:count], inputs)


def same(one, other):
    """Whether two attributes are the same value: objects of Keras by their config."""
    if hasattr(one, "get_config"):
        return type(one) is type(other) and one.get_config() == other.get_config()
    return type(one) is type(other) and one == other


def own_parameters(kind):
    """The arguments of the constructors of our classes, with their defaults."""
    return {
        name: parameter.default
        for base in reversed(kind.__mro__)
        if base.__module__.startswith("keras_san") and "__init__" in vars(base)
        for name, parameter in inspect.signature(base.__init__).parameters.items()
        if name != "self"
        and parameter.kind is not parameter.VAR_KEYWORD
        and parameter.kind is not parameter.VAR_POSITIONAL
    }


def test_every_public_layer_is_in_the_table():
    assert set(LAYERS) | OTHERS == set(layers.__all__)
    for name in OTHERS - {"SANHead"}:
        value = getattr(layers, name)
        assert not (inspect.isclass(value) and issubclass(value, keras.layers.Layer))


@pytest.mark.parametrize("name", LAYERS)
def test_table_gives_every_argument_another_value(name):
    arguments, _ = LAYERS[name]
    defaults = own_parameters(getattr(layers, name))
    assert set(arguments) == set(defaults)
    for key, default in defaults.items():
        assert not same(arguments[key], default), key


@pytest.mark.parametrize("name", LAYERS)
def test_config_round_trip_by_attribute(name):
    layer, inputs = make(name, name="mine", trainable=False)
    config = layer.get_config()
    serialized = keras.saving.serialize_keras_object(layer)
    copies = [
        type(layer).from_config(dict(config)),
        keras.saving.deserialize_keras_object(serialized),
    ]
    for copy in copies:
        assert type(copy) is type(layer)
        for key, value in LAYERS[name][0].items():
            assert key in config
            assert same(getattr(layer, key), value), key
            assert same(getattr(copy, key), getattr(layer, key)), key
        assert (copy.name, copy.trainable) == ("mine", False)
        assert copy.dtype_policy.name == layer.dtype_policy.name
        copy(inputs)
    layer(inputs)
    assert [w.shape for w in copy.weights] == [w.shape for w in layer.weights]


@pytest.mark.parametrize("kind", [layers.UnitSphere, layers.JointUnitSphere])
def test_config_round_trip_of_constraints(kind):
    arguments = dict.fromkeys(own_parameters(kind), (0, 1)) if kind is layers.UnitSphere else {}
    constraint = kind(**arguments)
    for config in (constraint, keras.constraints.serialize(constraint)):
        copy = keras.constraints.get(config)
        assert type(copy) is kind
        assert {key: tuple(value) for key, value in vars(copy).items()} == arguments


@pytest.mark.parametrize("name", LAYERS)
def test_symbolic_call_has_the_eager_shape(name):
    layer, inputs = make(name)
    eager = layer(inputs)
    assert tuple(layer(symbolic(inputs, batch=5)).shape) == tuple(eager.shape)
    assert tuple(layer(symbolic(inputs)).shape) == (None, *eager.shape[1:])
    assert tuple(layer.compute_output_shape(shapes(inputs))) == tuple(eager.shape)
    dynamic = keras.tree.map_structure(lambda array: (None, *array.shape[1:]), inputs)
    assert tuple(layer.compute_output_shape(dynamic)) == (None, *eager.shape[1:])


@pytest.mark.parametrize("name", HEADS)
def test_symbolic_pair_has_the_eager_shape(name):
    layer, inputs = make(name)
    eager = layer(inputs, direction_pair=True)
    pair = layer(symbolic(inputs), direction_pair=True)
    for output, placeholder in zip(eager, pair, strict=True):
        assert tuple(placeholder.shape) == (None, *output.shape[1:])
        assert tuple(layer.compute_output_shape(shapes(inputs))) == tuple(output.shape)


@pytest.mark.parametrize("name", LAYERS)
def test_dynamic_batch_and_saving_in_a_functional_model(name, tmp_path):
    layer, inputs = make(name)
    placeholders = symbolic(inputs)
    model = keras.Model(placeholders, layer(placeholders))
    for count in (5, 2):
        batch = rows(inputs, count)
        close(model.predict(batch, verbose=0), ops.convert_to_numpy(layer(batch)))
    for weight in layer.weights:
        weight.assign(RANDOM.normal(size=weight.shape))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[-1]) is type(layer)
    close(loaded.predict(inputs, verbose=0), model.predict(inputs, verbose=0), 1e-6)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("name", LAYERS)
def test_mixed_precision(name, policy):
    keras.config.set_dtype_policy(policy)
    layer, inputs = make(name)
    output = layer(inputs)
    half = policy.removeprefix("mixed_")
    # A wrapped layer of the table was made in float32, and computes so.
    in_float32 = {*HEADS, "ReconstructionHead", "SpectralNormalization"}
    expected = "float32" if name in in_float32 else half
    assert keras.backend.standardize_dtype(output.dtype) == expected
    assert keras.backend.standardize_dtype(layer(symbolic(inputs)).dtype) == expected
    assert np.isfinite(ops.convert_to_numpy(ops.cast(output, "float32"))).all()
    assert all(weight.dtype == "float32" for weight in layer.weights)


def test_spectral_normalization_computes_as_its_layer_does():
    keras.config.set_dtype_policy("mixed_bfloat16")
    layer = layers.SpectralNormalization(keras.layers.Conv2D(3, 2))
    for output in (layer(IMAGES), layer(symbolic(IMAGES))):
        assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
