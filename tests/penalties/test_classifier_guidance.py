"""Classifier guidance against the closed form of a linear classifier."""

import keras
import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san import models, penalties
from keras_san.features import frozen_network
from keras_san.features.efficientnet_lite0 import efficientnet_lite0_network
from keras_san.penalties import Update

SHAPE, CLASSES = (2, 2, 1), 3
RANDOM = np.random.default_rng(1)
FAKE = RANDOM.normal(size=(4, *SHAPE)).astype("float32")
LABELS = np.array([0, 2, 1, 1], "int32")


def classifier(classes=CLASSES):
    images = keras.Input(SHAPE)
    model = keras.Model(images, keras.layers.Dense(classes)(keras.layers.Flatten()(images)))
    model.layers[-1].set_weights(
        [np.random.default_rng(2).normal(size=(4, classes)), np.arange(float(classes))]
    )
    return model


def update(fake, labels=LABELS, network=None):
    return Update(
        "generator", network, None, None, fake=fake, latents=None, fake_scores=[], labels=labels
    )


def test_closed_form():
    penalty = penalties.ClassifierGuidance(classifier(), weight=2.0)
    kernel, bias = (np.array(w) for w in classifier().layers[-1].get_weights())
    flat = FAKE.reshape(4, -1)
    powers = np.exp(flat @ kernel + bias)
    shares = powers / powers.sum(1, keepdims=True)
    rows = np.arange(4)
    value = penalty.term(update(ops.convert_to_tensor(FAKE)))
    close(float(value), -2.0 * np.log(shares[rows, LABELS]).mean())
    targets = np.eye(CLASSES)[LABELS]
    (gradient,) = gradients(lambda fake: penalty.term(update(fake)), inputs=[FAKE])
    close(gradient.reshape(4, -1), 2.0 / 4 * (shares - targets) @ kernel.T)


def test_joins_the_generators_loss_alone_and_is_in_no_file(tmp_path):
    model = models.build("dcgan", (32, 32, 1), num_classes=10, width=2)
    model.compile(
        penalties=["classifier_guidance@fashion_mnist_classifier:0.5"],
        run_eagerly=keras.backend.backend() == "tensorflow",
    )
    assert model.penalties[0].weight == 0.5 and not model.penalties[0].acts_on("discriminator")
    images = RANDOM.integers(0, 256, (4, 32, 32, 1), "uint8")
    logs = model.train_on_batch(images, LABELS, return_dict=True)
    assert 0 < float(logs["classifier_guidance"]) < float("inf")
    frozen = {id(variable) for variable in model.penalties[0].frozen_variables}
    assert frozen <= {id(v) for v in model.non_trainable_variables}
    assert not frozen & {id(v) for v in [*model.weights, *model.state_variables]}
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.penalties[0].get_config() == model.penalties[0].get_config()


def test_config_names_the_classifier_by_hash(monkeypatch, tmp_path):
    penalty = penalties.ClassifierGuidance(classifier(), 0.25, "mine", 3)
    config = penalty.get_config()
    assert config["classifier"] == models.register_network(classifier()) | {
        "name": config["classifier"]["name"]
    }
    copy = penalties.get(keras.saving.serialize_keras_object(penalty))
    assert copy.get_config() == config == config | {"weight": 0.25, "name": "mine", "interval": 3}
    monkeypatch.setattr(frozen_network, "_known", {})
    with pytest.raises(ValueError, match="Unknown frozen network.*register_network"):
        penalties.ClassifierGuidance.from_config(config)
    classifier().save(tmp_path / "mine.keras")
    named = penalties.get(f"classifier_guidance@{tmp_path / 'mine.keras'}:0.25")
    assert named.classifier["sha256"] == config["classifier"]["sha256"]


def test_a_classifier_upon_the_feature_network_can_be_saved_and_copied(tmp_path):
    trunk = efficientnet_lite0_network((32, 32, 3))
    logits = keras.layers.Dense(CLASSES)(trunk.get_layer("features").output)
    network = keras.Model(trunk.input, logits)
    network.save(tmp_path / "mine.keras")
    named = penalties.get(f"classifier_guidance@{tmp_path / 'mine.keras'}:0.25")
    assert named.classifier["sha256"] == penalties.ClassifierGuidance(network).classifier["sha256"]


@pytest.mark.parametrize("specification", ["classifier_guidance", "classifier_guidance@:2"])
def test_the_string_needs_a_classifier(specification):
    with pytest.raises(ValueError, match="classifier_guidance needs a classifier"):
        penalties.get(specification)


def test_refusals():
    penalty = penalties.ClassifierGuidance(classifier())
    fake = ops.convert_to_tensor(FAKE)
    with pytest.raises(ValueError, match="class-conditional"):
        penalty.term(update(fake, labels=None))
    generator = models.DCGANGenerator((32, 32, 1), num_classes=10, width=1)
    with pytest.raises(ValueError, match="knows 3 classes, the generator makes 10"):
        penalty.term(update(fake, network=generator))
    with pytest.raises(ValueError, match="Expected one of 'mnist_classifier'"):
        penalties.ClassifierGuidance("imagenet")
