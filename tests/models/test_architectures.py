"""What every architecture of the registry must hold: a new one is tested by being registered."""

import inspect
import itertools

import keras
import numpy as np
import pytest
import tiny_features
from gradients import close
from keras import ops

from keras_san import backend, models
from keras_san.layers import (
    Conv2D,
    Projection,
    SANConv2D,
    SANDense,
    SANProjection,
    SelfAttention2D,
    SpectralNormalization,
)
from keras_san.layers.residual_block import ResidualBlock
from keras_san.models.projected.class_map_head import ClassMapHead

CLASSES, WIDTH, LATENT_DIM, BATCH = 3, 4, 6, 4
NAMES = sorted(models.architectures())
# Large networks compile for half a minute on JAX and TensorFlow: there they take one form, the
# conditional one with the SAN head; PyTorch, which does not compile, takes all.
LARGE = (
    ("biggan", "biggan_deep", "projected", "sagan") if keras.backend.backend() != "torch" else ()
)
ALL_FORMS = list(itertools.product(("san", "dense"), (0, CLASSES)))
# JAX compiles every step: there each small network meets both heads, with classes and without.
COMPILES_STEPS = keras.backend.backend() == "jax"
TRAINED_FORMS = [("san", CLASSES), ("dense", 0)] if COMPILES_STEPS else ALL_FORMS


def forms(of_small):
    """The forms of all architectures: those given of the small ones, one of the large ones."""
    return [
        pytest.param(name, *form, id="-".join(map(str, (name, *form))))
        for name in NAMES
        for form in ([("san", CLASSES)] if name in LARGE else of_small)
    ]


FORMS = forms(ALL_FORMS)
# Kinds of heads, by `head` and whether there are classes; and those of several scales.
HEADS = {
    ("san", False): SANDense,
    ("san", True): SANProjection,
    ("dense", False): keras.layers.Dense,
    ("dense", True): Projection,
}
SCALE_HEADS = {
    ("san", False): SANConv2D,
    ("san", True): ClassMapHead,
    ("dense", False): Conv2D,
    ("dense", True): ClassMapHead,
}


def discriminator_options(name):
    """A stand-in for the feature network, where there is one."""
    return {"feature_network": tiny_features.reference()} if name == "projected" else {}


def image_shape(name, channels=3):
    resolution = min(models.architectures()[name].resolutions)
    return (resolution, resolution, channels)


def make(name, head="san", num_classes=CLASSES, seed=1):
    keras.utils.set_random_seed(seed)
    arguments = {"width": WIDTH, "latent_dim": LATENT_DIM, "seed": 3, "discriminator_steps": 1}
    arguments["discriminator_options"] = discriminator_options(name)
    return models.build(name, image_shape(name), num_classes, head=head, **arguments)


def undrawn_weights():
    """A scope in which weights have shapes but are not drawn, which is what takes long."""
    return keras.StatelessScope(initialize_variables=False)


def latents(model):
    vectors = np.random.default_rng(1).normal(size=(BATCH, LATENT_DIM)).astype("float32")
    return [vectors, labels()] if model.num_classes else vectors


def labels():
    return np.array([0, 2, 1, 1], "int32")


def images(model):
    array = np.random.default_rng(2).integers(0, 256, (BATCH, *model.image_shape), "uint8")
    return array.astype("float32") / 127.5 - 1.0


def run(network, inputs):
    """Outputs of a network in inference mode, as an array."""
    inputs = keras.tree.map_structure(ops.convert_to_tensor, inputs)
    outputs = backend.compiled(network)(inputs)
    if isinstance(outputs, list):
        outputs = ops.concatenate([ops.reshape(x, (x.shape[0], -1)) for x in outputs], axis=1)
    return np.array(ops.convert_to_numpy(outputs))


def discriminator_inputs(model):
    return [images(model), labels()] if model.num_classes else images(model)


def randomize(network):
    """Weights of a size that shows in the outputs."""
    random = np.random.default_rng(4)
    for weight in network.weights:
        if "variance" not in weight.path:
            weight.assign(random.normal(size=weight.shape) * 0.1)


def train_step(model):
    """The logs of one step with Adam in which every gradient that is not zero moves its weight."""
    optimizers = [keras.optimizers.Adam(1e-3, epsilon=1e-12) for _ in range(2)]
    # In this objective no gradient cancels between real and fake, as the hinge's do at first.
    # A graph takes TensorFlow longer to trace than the one step to run.
    eagerly = keras.backend.backend() == "tensorflow"
    model.compile("non_saturating", *optimizers, run_eagerly=eagerly)
    batch = (images(model), labels()) if model.num_classes else (images(model),)
    return model.train_on_batch(*batch, return_dict=True)


def trainable(model):
    return [*model.generator.trainable_variables, *model.discriminator.trainable_variables]


def values(variables):
    return [np.array(ops.convert_to_numpy(variable)) for variable in variables]


def cancelled_biases(network):
    """Biases that the batch normalisation behind them takes off again: without gradient.

    In a residual block they may be taken off behind a later block, as shortcuts are linear.
    """
    cancelled = {
        inner.bias.path
        for layer in network.layers
        if getattr(inner := getattr(layer, "layer", layer), "use_bias", False)
        and any(
            isinstance(node.operation, keras.layers.BatchNormalization)
            for node in layer._outbound_nodes
        )
    }
    return cancelled | {
        layer.bias.path
        for block in network.layers
        if isinstance(block, ResidualBlock) and block.normalization is not None
        for layer in block._flatten_layers()
        if isinstance(layer, keras.layers.Conv2D)
    }


def open_gates(model):
    """Lets self-attention act from the first step on: it starts with a factor of zero."""
    for layer in model._flatten_layers():
        if isinstance(layer, SelfAttention2D):
            layer.gate.assign(0.5)


def plain_heads(discriminator):
    """The heads of a discriminator, without the spectral normalisation around them."""
    heads = getattr(discriminator.head, "heads", [discriminator.head])
    return [head.layer if isinstance(head, SpectralNormalization) else head for head in heads]


@pytest.mark.parametrize("name", NAMES)
def test_takes_all_its_resolutions(name):
    architecture = models.architectures()[name]
    assert architecture.name == name and architecture.reference
    for resolution in architecture.resolutions:
        shape = (resolution, resolution, 1)
        with undrawn_weights():
            generator = architecture.generator(shape, latent_dim=LATENT_DIM, width=1)
            options = discriminator_options(name)
            discriminator = architecture.discriminator(shape, width=1, **options)
        assert generator.output_shape == (None, *shape)
        assert discriminator.image_shape == shape
        scores = discriminator.compute_output_shape((None, *shape))
        for score in scores if isinstance(scores, list) else [scores]:
            assert score[0] is None and score[-1] == 1


@pytest.mark.parametrize("name", NAMES)
def test_refuses_other_shapes_and_heads(name):
    architecture = models.architectures()[name]
    height, _, channels = image_shape(name)
    for shape in ((height + 1, height + 1, channels), (height, height + 4, channels), (height,)):
        for network in (architecture.generator, architecture.discriminator):
            if network is models.ProjectedDiscriminator and len(set(shape[:2])) == 1 < len(shape):
                continue  # It takes squares of any size.
            with pytest.raises(ValueError, match="Received: image_shape="):
                network(shape, width=1)
    message = "Unknown head: 'none'. Expected one of 'san', 'dense'"
    with undrawn_weights(), pytest.raises(ValueError, match=message):
        architecture.discriminator(image_shape(name), width=1, head="none")


# An argument of a network: a value that is not its default, and the attribute that holds it.
ARGUMENTS = {
    "image_shape": (None, "image_shape"),
    "latent_dim": (LATENT_DIM, "latent_dim"),
    "num_classes": (CLASSES, "num_classes"),
    "width": (WIDTH, "width"),
    "head": ("dense", "head_name"),
    "conditioning": ("concat", "conditioning"),
    "normalizer": ("layer", "normalizer"),
    "minibatch_std_dev": (True, "minibatch_std_dev"),
    "interpolation": ("bilinear", "interpolation"),
    "shared_dim": (5, "shared_dim"),
    "normalization_epsilon": (1e-4, "normalization_epsilon"),
    "last_channels": (7, "last_channels"),
    "feature_network": (tiny_features.reference(), "feature_network"),
    "feature_size": (96, "feature_size"),
    "projection_seed": (7, "projection_seed"),
    "lite": (True, "lite"),
    "self_modulation": (True, "self_modulation"),
    "classes_alike": (True, "classes_alike"),
}


@pytest.mark.parametrize("player", ["generator", "discriminator"])
@pytest.mark.parametrize("name", NAMES)
def test_config_round_trip_by_attribute(name, player):
    kind = getattr(models.architectures()[name], player)
    parameters = dict(inspect.signature(kind.__init__).parameters)
    names = [key for key in parameters if key not in ("self", "kwargs")]
    arguments = {key: ARGUMENTS[key][0] or image_shape(name) for key in names}
    for key in names:
        assert arguments[key] != parameters[key].default, f"{key} is at its default"
    with undrawn_weights():
        network = kind(**arguments, name="mine")
        config = network.get_config()
        serialized = keras.saving.serialize_keras_object(network)
        copies = [
            kind.from_config(dict(config)),
            keras.saving.deserialize_keras_object(serialized),
        ]
    for copy in copies:
        assert type(copy) is kind and copy.name == "mine"
        for key in names:
            attribute = ARGUMENTS[key][1]
            assert config[key] == arguments[key]
            assert getattr(copy, attribute) == getattr(network, attribute) == arguments[key]
        assert [w.shape for w in copy.weights] == [w.shape for w in network.weights]


@pytest.mark.parametrize(("name", "head", "num_classes"), forms(TRAINED_FORMS))
def test_every_variable_learns(name, head, num_classes):
    model = make(name, head, num_classes)
    kinds = SCALE_HEADS if hasattr(model.discriminator.head, "heads") else HEADS
    for layer in plain_heads(model.discriminator):
        assert type(layer) is kinds[head, num_classes > 0]
    open_gates(model)
    before = values(trainable(model))
    logs = train_step(model)
    assert all(np.isfinite(float(value)) for value in logs.values())
    assert ("direction_loss" in logs) == (head == "san")
    cancelled = cancelled_biases(model.generator) | cancelled_biases(model.discriminator.trunk)
    idle = []
    for variable, value in zip(trainable(model), before, strict=True):
        now = ops.convert_to_numpy(variable)
        assert np.isfinite(now).all(), variable.path
        if variable.path not in cancelled and np.array_equal(now, value):
            idle.append(variable.path)
    assert idle == []


@pytest.mark.parametrize("name", NAMES)
def test_labels_matter(name):
    model = make(name)
    randomize(model.generator)
    randomize(model.discriminator)
    first, second = (
        (
            run(model.generator, [latents(model)[0], np.full(BATCH, label, "int32")]),
            run(model.discriminator, [images(model), np.full(BATCH, label, "int32")]),
        )
        for label in (0, 1)
    )
    for one, other in zip(first, second, strict=True):
        assert np.abs(one - other).max() > 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_is_determined_by_the_seed(name):
    """Seeds decide over all weights. (That they decide over training shows in a resumed run.)"""
    first, second = (values(make(name).weights) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    different = values(make(name, seed=2).weights)
    # Tables of gains and biases start at one and zero.
    kernels = [i for i, value in enumerate(different) if value.ndim > 1 and value.std() > 0]
    assert len(kernels) > 5
    assert not any(np.array_equal(different[index], first[index]) for index in kernels)


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        (name, policy)
        for name in NAMES
        for policy in ("mixed_bfloat16", "mixed_float16")
        # The smaller range of float16 is where numbers cease to be finite.
        if policy == "mixed_float16" or not (COMPILES_STEPS or name in LARGE)
    ],
)
def test_mixed_precision(name, policy):
    keras.config.set_dtype_policy(policy)
    model = make(name)
    if COMPILES_STEPS and name in LARGE:
        # Of these the two networks alone: the step takes several times as long to compile.
        assert np.isfinite(run(model.generator, latents(model))).all()
        assert np.isfinite(run(model.discriminator, discriminator_inputs(model))).all()
    else:
        logs = train_step(model)
        assert all(np.isfinite(float(value)) for value in logs.values())
    for variable in trainable(model):
        assert variable.dtype == "float32"
        assert np.isfinite(ops.convert_to_numpy(variable)).all(), variable.path
    scores = model.discriminator.head(head_inputs(model))
    scores = scores if isinstance(scores, list) else [scores]
    for output in (model.generator.outputs[0], *scores):
        assert keras.backend.standardize_dtype(output.dtype) == "float32"
    hidden = [layer.compute_dtype for layer in model.generator.layers]
    assert policy.removeprefix("mixed_") in hidden


def head_inputs(model):
    shapes = model.discriminator.trunk.output_shape
    if isinstance(shapes, list):
        return [[np.ones((BATCH, *shape[1:]), "float32") for shape in shapes], labels()]
    return [np.ones((BATCH, shapes[-1]), "float32"), labels()]


# An unconditional dense head is Keras's own layer: its file is left to Keras.
@pytest.mark.parametrize(
    ("name", "head", "num_classes"), [form for form in FORMS if form.values[1:] != ("dense", 0)]
)
def test_outputs_are_in_range_and_survive_a_file(name, head, num_classes, tmp_path):
    model = make(name, head, num_classes)
    for network, inputs in (
        (model.generator, latents(model)),
        (model.discriminator, discriminator_inputs(model)),
    ):
        randomize(network)
        path = tmp_path / f"{network.name}.keras"
        network.save(path)
        keras.utils.set_random_seed(9)
        loaded = keras.models.load_model(path)
        assert type(loaded) is type(network)
        outputs = run(network, inputs)
        close(run(loaded, inputs), outputs, 1e-6)
        assert outputs.dtype == np.float32 and np.isfinite(outputs).all()
        if network is model.generator:
            assert outputs.shape == (BATCH, *image_shape(name))
            assert outputs.min() < outputs.max()
            # FastGAN ends in a convolution.
            bounded = not isinstance(network, models.FastGANGenerator)
            assert not bounded or (-1.0 <= outputs.min() and outputs.max() <= 1.0)
        else:
            scales = len(getattr(network.head, "heads", [1]))
            assert len(outputs) == BATCH and outputs.shape[1] >= scales


# JAX exports through TensorFlow by a function that its next release changes.
@pytest.mark.filterwarnings("ignore:The `native_serialization`:DeprecationWarning")
# Keras's orthogonal initializer gives PyTorch parts of a larger tensor.
@pytest.mark.filterwarnings("ignore:No complete tensor found:UserWarning")
@pytest.mark.parametrize("name", NAMES)
def test_export_of_the_generator(name, tmp_path):
    if keras.backend.backend() == "torch" and keras.version() < "3.15":
        pytest.skip("Keras exports for PyTorch since 3.15")
    model = make(name, num_classes=0)
    expected = run(model.generator, latents(model))
    vectors = latents(model)
    if keras.backend.backend() == "torch":
        import torch

        path = str(tmp_path / "generator.pt2")
        model.generator.export(path, format="torch", verbose=False)
        exported = torch.export.load(path).module()
        # Keras exports a network for PyTorch for a batch of one.
        rows = [exported(torch.from_numpy(vector[None])) for vector in vectors]
        outputs = np.concatenate([keras.tree.flatten(row)[0].detach().numpy() for row in rows])
    else:
        tensorflow = pytest.importorskip("tensorflow", reason="JAX exports through TensorFlow")
        path = str(tmp_path / "generator")
        model.generator.export(path, format="tf_saved_model", verbose=False)
        exported = tensorflow.saved_model.load(path)
        outputs = exported.serve(vectors).numpy()
    close(outputs, expected)


def test_integers_of_numpy():
    assert models.build("dcgan", (32, 32, 1), np.int64(3), width=2).num_classes == 3
