"""The choice of a backend, and what is not a gradient: compiled models, facts of the device."""

import ast
from pathlib import Path

import keras
import numpy as np
import pytest
from gradients import close
from keras import ops

from keras_san import backend as our_backend
from keras_san.models import build

FOLDER = Path(our_backend.__file__).parent


def public_names(path):
    """The functions and classes that a module defines, and the arguments of each."""
    return {
        node.name: [argument.arg for argument in node.args.args]
        if isinstance(node, ast.FunctionDef)
        else []
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    }


def assigned(file):
    """The public names of a module of engines; those of PyTorch's gradients stay in the backend."""
    names = set(public_names(FOLDER / file)) - {"mean_gradients"}
    for node in ast.parse((FOLDER / file).read_text("utf-8")).body:
        if isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets}
    return {name for name in names if not name.startswith("_")}


def test_the_three_modules_offer_the_same():
    found = [public_names(FOLDER / f"{name}.py") for name in ("jax", "tensorflow", "torch")]
    assert found[0] == found[1] == found[2]
    engines = [assigned(f"{name}_distribution.py") for name in ("jax", "tensorflow", "torch")]
    assert engines[0] == engines[1] == engines[2]
    ours = {"own_rows", "running_number"}
    assert {*found[0], *engines[0]} | ours == set(our_backend.__all__)


@pytest.fixture
def model():
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, activation="tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(2),
        ]
    )


def test_compiled_equals_the_model_in_inference_mode(model):
    function = our_backend.compiled(model)
    random = np.random.default_rng(1)
    for count in (2, 5):
        x = ops.convert_to_tensor(random.normal(size=(count, 3)).astype("float32"))
        before = [np.array(ops.convert_to_numpy(v)) for v in model.variables]
        output = function(x)
        assert not getattr(output, "requires_grad", False)
        close(ops.convert_to_numpy(output), ops.convert_to_numpy(model(x, training=False)))
        for variable, value in zip(model.variables, before, strict=True):
            np.testing.assert_array_equal(ops.convert_to_numpy(variable), value)


def test_compiled_follows_the_weights(model):
    function = our_backend.compiled(model)
    x = ops.ones((2, 3))
    before = ops.convert_to_numpy(function(x))
    model.layers[-1].bias.assign([1.0, -2.0])
    after = ops.convert_to_numpy(function(x))
    close(after - before, [[1.0, -2.0]] * 2)
    normalization = model.layers[1]
    normalization.moving_mean.assign(np.full(4, 0.3))
    close(ops.convert_to_numpy(function(x)), ops.convert_to_numpy(model(x, training=False)))
    assert np.abs(ops.convert_to_numpy(function(x)) - after).max() > 1e-3


def test_compiled_takes_a_list_of_inputs():
    x, labels = keras.Input((3,)), keras.Input((), dtype="int32")
    outputs = keras.layers.Dense(2)(x) + keras.layers.Embedding(4, 2)(labels)
    model = keras.Model([x, labels], outputs)
    inputs = [ops.ones((2, 3)), ops.convert_to_tensor(np.array([1, 3], "int32"))]
    found = our_backend.compiled(model)(inputs)
    close(ops.convert_to_numpy(found), ops.convert_to_numpy(model(inputs)))


def test_prefers_jit_compile(backend):
    if backend == "tensorflow":
        import tensorflow as tf

        has_accelerator = any(map(tf.config.list_logical_devices, ("GPU", "TPU")))
        assert our_backend.prefers_jit_compile() is has_accelerator
    else:
        assert our_backend.prefers_jit_compile() is (backend == "jax")


def test_a_single_process_is_one_replica():
    assert (our_backend.replica_count(), our_backend.replica_index()) == (1, 0)


def rounding():
    """How the backend rounds the factors of a product of float32; `True` where it may."""
    name = keras.backend.backend()
    if name == "jax":
        import jax

        return jax.config.jax_default_matmul_precision != "float32"
    if name == "tensorflow":
        import tensorflow as tf

        return tf.config.experimental.tensor_float_32_execution_enabled()
    import torch

    switches = torch.backends.cuda.matmul, torch.backends.cudnn.conv
    return [switch.fp32_precision for switch in switches]


def test_exact_float32_is_switched_on_and_back():
    before = rounding()
    with pytest.raises(RuntimeError, match="stop"), our_backend.exact_float32():
        assert rounding() in (False, ["ieee", "ieee"])
        raise RuntimeError("stop")
    assert rounding() == before not in (False, ["ieee", "ieee"])


def test_features_and_path_lengths_are_of_exact_float32(monkeypatch):
    from keras_san import metrics

    seen = []
    images = keras.Input((8, 8, 3))
    maps = keras.Model(images, [keras.layers.Flatten()(images)])
    extractor = metrics.extractors.from_keras(maps, "flat")
    network = extractor._function((8, 8, 3))
    monkeypatch.setattr(
        extractor,
        "_function",
        lambda shape: lambda batch: seen.append(rounding()) or network(batch),
    )
    extractor(np.zeros((2, 8, 8, 3), "uint8"))
    compiled = our_backend.compiled
    monkeypatch.setattr(
        our_backend,
        "compiled",
        lambda model: (lambda call: lambda x: seen.append(rounding()) or call(x))(compiled(model)),
    )
    model = build("dcgan", (32, 32, 1), width=2)
    distance = metrics.FeatureMapDistance(
        keras.Sequential([keras.Input((32, 32, 1)), keras.layers.Conv2D(2, 3)])
    )
    metrics.perceptual_path_length(model, distance, count=2, batch_size=2)
    assert len(seen) == 5 and all(found in (False, ["ieee", "ieee"]) for found in seen)
