"""The extractors of the package beside the networks that they come from."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_san
from keras_san.features import shipped
from keras_san.metrics import extractors
from keras_san.metrics.extractors.extractor import _softmax

GOLDEN = Path(__file__).parents[2] / "golden" / "extractors.npz"


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as file:
        return {name: file[name] for name in file.files if not name.startswith("inception")}


@pytest.fixture(scope="module")
def efficientnet():
    return extractors.get("effnetlite0")


def test_efficientnet_is_the_original(golden, efficientnet):
    features, probabilities = efficientnet.outputs(golden["images"], batch_size=2)
    assert features.shape == (4, 1280) and features.dtype == np.float32
    np.testing.assert_allclose(features, golden["efficientnet/features"], atol=1e-3)
    np.testing.assert_allclose(probabilities, _softmax(golden["efficientnet/logits"]), atol=1e-3)


def test_feature_maps_are_the_original_ones(golden):
    maps = extractors.efficientnet_lite0_maps((64, 64, 3))
    assert not maps.trainable_variables
    outputs = maps(golden["images"][:2].astype("float32"))
    for stride, output in zip((4, 8, 16, 32), outputs, strict=True):
        assert output.shape[1] == 224 // stride
        found = keras.ops.convert_to_numpy(output).mean(axis=(1, 2))
        np.testing.assert_allclose(found, golden[f"efficientnet/stride_{stride}"][:2], atol=5e-3)


def test_grey_classifiers_know_their_images():
    sample = keras_san.data.sample(shuffle=False, batch_size=200)
    images, labels = sample[0]
    classifier = extractors.get("fashionmnistclassifier")
    predicted = classifier.probabilities(images, batch_size=100).argmax(axis=1)
    # It has seen them.
    assert np.mean(predicted == labels) > 0.9
    assert classifier.class_names[0] == "T-shirt/top"
    rgb = classifier(images[:4].repeat(3, axis=-1))
    np.testing.assert_allclose(rgb, classifier(images[:4]), atol=1e-3)


@pytest.mark.parametrize(
    ("name", "accuracy"), [("mnist_classifier", 0.992), ("fashion_mnist_classifier", 0.91)]
)
def test_cards_of_grey_classifiers(name, accuracy):
    folder = shipped.folder(name)
    facts = json.loads((folder / shipped.DESCRIPTION).read_text())
    assert facts["accuracy"] >= accuracy
    assert f"{facts['accuracy']:.2%}" in (folder / "README.md").read_text()
    assert (folder / shipped.WEIGHTS).stat().st_size < 1e6


def test_the_probe_is_a_linear_layer_on_efficientnet(golden):
    probe = extractors.get("cifar10jpegprobe")
    facts = json.loads((shipped.folder("cifar10_jpeg_probe") / shipped.DESCRIPTION).read_text())
    assert facts["accuracy"] > 0.75
    assert (
        f"{facts['accuracy']:.2%}"
        in (shipped.folder("cifar10_jpeg_probe") / "README.md").read_text()
    )
    assert probe.input_shape == (facts["image_size"], facts["image_size"], 3)
    assert probe.class_names[:2] == ("airplane", "automobile")
    features, probabilities = probe.outputs(golden["images"], batch_size=2)
    kernel, bias = (keras.ops.convert_to_numpy(weight) for weight in probe.network.weights[-2:])
    np.testing.assert_allclose(probabilities, _softmax(features @ kernel + bias), atol=1e-4)
    trunk = extractors.efficientnet_lite0(facts["image_size"])
    assert trunk.name == f"effnetlite0at{facts['image_size']}"
    np.testing.assert_allclose(features, trunk(golden["images"], batch_size=2), atol=1e-4)


def test_sizes_that_the_strides_do_not_divide_are_refused():
    with pytest.raises(ValueError, match="multiple of 32"):
        extractors.efficientnet_lite0(100)


def test_changed_weights_are_refused(tmp_path, monkeypatch):
    folder = tmp_path / "mnist_classifier"
    folder.mkdir()
    (folder / shipped.DESCRIPTION).write_text('{"sha256": "0"}')
    (folder / shipped.WEIGHTS).write_bytes(b"other")
    monkeypatch.setattr(shipped, "folder", lambda name: tmp_path / name)
    with pytest.raises(ValueError, match="is not the file that was shipped"):
        extractors.mnist_classifier()


def test_the_residual_classifier_is_not_the_probe():
    classifier = extractors.get("cifar10jpegclassifier")
    folder = shipped.folder("cifar10_jpeg_classifier")
    facts = json.loads((folder / shipped.DESCRIPTION).read_text())
    assert facts["accuracy"] > 0.85
    assert f"{facts['accuracy']:.2%}" in (folder / "README.md").read_text()
    assert (folder / shipped.WEIGHTS).stat().st_size < 2e6
    assert classifier.input_shape == (32, 32, 3) and classifier.dimension == 192
    assert classifier.class_names == extractors.get("cifar10jpegprobe").class_names
