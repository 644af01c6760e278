"""The Inception network beside torch-fidelity's, with drawn weights."""

import importlib
import importlib.util
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_san import metrics
from keras_san.metrics.extractors.extractor import _softmax

# The package's own name is that of the function.
module = importlib.import_module("keras_san.metrics.extractors.inception_v3")
FOLDER = Path(__file__).parents[2] / "golden"


def maker():
    spec = importlib.util.spec_from_file_location("make_extractors", FOLDER / "make_extractors.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def drawn_tensors(network, draw):
    """The drawn weights of every layer, by PyTorch's names and in its layouts."""
    tensors = {}
    for layer in network.layers:
        if not layer.weights:
            continue
        shape = layer.weights[0].shape
        name = layer.name.replace("-", ".")
        if name == "fc":
            tensors["fc.weight"] = draw("fc.weight", shape[::-1])
            continue
        rows, columns, inputs, outputs = shape
        kernel = f"{name}.conv.weight"
        tensors[kernel] = draw(kernel, (outputs, inputs, rows, columns))
        for part in ("weight", "bias", "running_mean", "running_var"):
            tensors[f"{name}.bn.{part}"] = draw(f"{name}.bn.{part}", (outputs,))
    return tensors


def test_features_and_distance_are_those_of_torch_fidelity(backend):
    if backend != "torch":
        pytest.skip("22 million weights: one backend; its parts are tested on all")
    script = maker()
    network = module.inception_v3_network()
    module.load_torch_weights(network, drawn_tensors(network, script.inception_tensor))
    extractor = module.inception_extractor(network, "drawn")
    features, probabilities = extractor.outputs(script.noise(), batch_size=6)
    with np.load(FOLDER / "extractors.npz") as file:
        expected, logits = file["inception/features"], file["inception/logits"]
    np.testing.assert_allclose(features, expected, atol=1e-3)
    np.testing.assert_allclose(probabilities, _softmax(logits), atol=1e-3)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*singular covariance", UserWarning)
        ours, theirs = (metrics.frechet_distance(f[:3], f[3:]).value for f in (features, expected))
    assert ours == pytest.approx(theirs, rel=1e-3) and theirs > 1.0


def test_the_mean_at_the_edge_leaves_padding_out():
    images = np.arange(24.0, dtype="float32").reshape(1, 3, 4, 2)
    found = keras.ops.convert_to_numpy(module._PaddingLessMean()(images))
    np.testing.assert_allclose(found[0, 0, 0], images[0, :2, :2].mean(axis=(0, 1)), rtol=1e-5)
    np.testing.assert_allclose(found[0, 1, 3], images[0, :, 2:].mean(axis=(0, 1)), rtol=1e-5)
    np.testing.assert_allclose(found[0, 1, 1], images[0, :, :3].mean(axis=(0, 1)), rtol=1e-5)


def test_the_file_is_checked(tmp_path):
    with pytest.raises(ValueError, match="There is no file .* pytorch-fid"):
        module.inception_v3(tmp_path / "weights.pth")
    (tmp_path / "weights.pth").write_bytes(b"another network")
    with pytest.raises(ValueError, match="its sha256 begins with .* expected 6726825d"):
        module.inception_v3(tmp_path / "weights.pth")


def test_a_torch_file_is_read(tmp_path):
    torch = pytest.importorskip("torch")
    from keras_san.convert.torch_tensors import read_torch_tensors

    torch.save({"a": torch.arange(3)}, tmp_path / "a.pth")
    assert read_torch_tensors(tmp_path / "a.pth")["a"].tolist() == [0.0, 1.0, 2.0]
