"""From images to results with their protocol."""

import keras
import numpy as np
import pytest

from keras_san import data, metrics
from keras_san.metrics import extractors, image_source
from keras_san.models import build
from keras_san.sampling import random_labels

RANDOM = np.random.default_rng(0)


def classes_of_noise(count, classes=2):
    """Images whose brightness is their class."""
    labels = np.arange(count) % classes
    images = RANDOM.integers(0, 100, (count, 16, 16, 1)) + 100 * labels[:, None, None, None]
    return images.astype("uint8"), labels


@pytest.fixture(scope="module")
def extractor():
    images = keras.Input((8, 8, 1))
    features = keras.layers.Flatten()(keras.layers.AveragePooling2D(4)(images))
    bright = keras.ops.mean(features, axis=1, keepdims=True)
    logits = keras.ops.concatenate([100.0 - bright, bright - 100.0], axis=1)
    return extractors.from_keras(keras.Model(images, [features, logits]), "tiny")


REAL, HELD_OUT, FAKE = (classes_of_noise(count) for count in (80, 40, 60))


def test_results_carry_their_protocol(extractor):
    results = metrics.evaluate(
        FAKE,
        REAL,
        measures="fd,kid,prdc,iss,ifd,fidelity,msssim,memorisation",
        count=40,
        extractor=extractor,
        held_out=HELD_OUT,
        batch_size=16,
    )
    by_name = {result.name: result for result in results}
    assert list(by_name)[:3] == ["fd_tiny_40_train", "kid_tiny_40_train", "precision_tiny_40_train"]
    protocol = results[0].protocol
    assert (protocol.n_real, protocol.n_fake, protocol.split) == (40, 40, "train")
    assert protocol.extractor_sha256 == extractor.sha256
    assert protocol.resize == "bicubic_antialiased" and len(protocol.data_sha256) == 64
    assert by_name["fidelity_tiny_40_train"].value == 1.0
    fd = by_name["fd_tiny_40_train"]
    source = image_source.ArrayImages(REAL[0])
    parts = [extractor(REAL[0][image_source.chosen(source, 40, 0, skip)]) for skip in (0, 40)]
    by_hand = metrics.frechet_distance(*parts).value
    assert fd.floor_count == 40 and fd.floor.value == pytest.approx(by_hand, rel=1e-5)
    assert all(result.floor is None for result in results[1:])


def test_values_are_those_of_the_functions(extractor):
    images = REAL[0][:20], FAKE[0][:30]
    results = metrics.evaluate(images[1], images[0], measures=("kid", "fd"), extractor=extractor)
    features = [extractor(part) for part in images]
    assert results[0].value == pytest.approx(metrics.kernel_distance(*features).value, rel=1e-5)
    assert results[1].value == pytest.approx(metrics.frechet_distance(*features).value, rel=1e-5)
    # Too few for another set of 20: two halves.
    assert results[1].floor_count == 10
    assert results[0].name == "kid_tiny_30against20_train"


def test_batch_size_and_order_do_not_matter(extractor):
    options = dict(measures=("fd", "kid", "prdc"), extractor=extractor)
    one = metrics.evaluate(FAKE[0], REAL[0], batch_size=64, **options)
    other = metrics.evaluate(FAKE[0][::-1], REAL[0], batch_size=7, **options)
    for a, b in zip(one, other, strict=True):
        assert a.value == pytest.approx(b.value, rel=1e-5)


def test_real_images_are_computed_once(extractor, tmp_path, monkeypatch):
    calls = []
    outputs = extractor.outputs
    monkeypatch.setattr(
        extractor, "outputs", lambda images, *a: calls.append(len(images)) or outputs(images, *a)
    )
    make = lambda: metrics.Evaluation(  # noqa: E731
        REAL[0], "fd", 40, extractor, batch_size=40, cache=tmp_path
    )
    evaluation = make()
    first = evaluation.of(FAKE[0])
    assert len(calls) == 3
    again = evaluation.of(FAKE[0])
    assert len(calls) == 4
    cached = make().of(FAKE[0])
    assert len(calls) == 5
    assert first[0].value == again[0].value == cached[0].value
    assert first[0].floor == cached[0].floor
    # Other data have another key.
    metrics.Evaluation(HELD_OUT[0], "fd", 40, extractor, batch_size=40, cache=tmp_path).of(FAKE[0])
    assert len(calls) > 6


def test_a_model_and_a_dataset(extractor):
    model = build("dcgan", (32, 32, 1), num_classes=10, width=4)
    dataset = data.sample(image_size=32)
    results = metrics.evaluate(
        model, dataset, measures="kid", count=12, extractor=extractor, batch_size=8
    )
    evaluation = metrics.Evaluation(dataset, "kid", 12, extractor, batch_size=5)
    assert evaluation.names() == [results[0].name]
    assert evaluation.of(model)[0].value == pytest.approx(results[0].value, rel=1e-5)


def test_the_model_comes_first(extractor):
    model = build("dcgan", (32, 32, 1), width=4)
    with pytest.raises(ValueError, match=r"cannot be a model.*evaluate\(model, images\)"):
        metrics.evaluate(data.sample(image_size=32), model, extractor=extractor)


def test_a_model_draws_its_classes_as_often_as_they_occur():
    model = build("dcgan", (32, 32, 1), num_classes=4, width=4)
    labels = np.repeat([0, 1, 3], [900, 90, 10])
    images = np.zeros((1000, 32, 32, 1), "uint8")

    def drawn(real):
        source = image_source.ModelImages(model)
        source.shares = image_source.class_shares(image_source.image_source(real), 4)
        return np.bincount(source.read(range(400))[1], minlength=4)

    dataset = data.arrays(images, labels, batch_size=1, class_names="abcd")
    for real in ((images, labels), dataset):
        counts = drawn(real)
        assert counts[2] == 0 and 345 < counts[0] < 375 and counts[3] < 15
    # Other classes than the model's, none, or all alike: each class is as good as any.
    for real in ((images, labels // 2), images, (images, np.arange(1000) % 4)):
        np.testing.assert_array_equal(drawn(real), np.bincount(random_labels(range(400), 4)))


def test_an_evaluation_uses_the_shares_of_the_real_classes(extractor):
    model = build("dcgan", (32, 32, 1), num_classes=2, width=4)
    labels = np.repeat([0, 1], [38, 2])
    expected = random_labels(range(40), 2, shares=(0.95, 0.05))
    images = model.generate(40, labels=expected)
    real = RANDOM.integers(0, 256, images.shape, "uint8"), labels
    options = dict(measures="kid", count=40, extractor=extractor)
    (by_model,), (by_hand,) = (
        metrics.evaluate(fake, real, **options) for fake in (model, (images, expected))
    )
    assert 0 < expected.sum() < 8
    assert by_model.value == pytest.approx(by_hand.value, rel=1e-5)


def test_how_real_images_were_cut_is_part_of_the_protocol(extractor, tmp_path):
    results = []
    for resize in ("crop", "pad"):
        dataset = data.arrays(REAL[0], image_size=24, batch_size=1, resize=resize)
        evaluation = metrics.Evaluation(dataset, "kid", 20, extractor, cache=tmp_path)
        results.append(evaluation.of(np.zeros((20, 24, 24, 1), "uint8")))
    assert results[0][0].value != results[1][0].value
    with pytest.raises(ValueError, match="data_resize 'crop' and 'pad'"):
        metrics.results_table({"a": results[0], "b": results[1]})


@pytest.mark.parametrize(
    ("fake", "options", "message"),
    [
        (FAKE[0], {"measures": "fid"}, "Unknown measure: 'fid'. Expected some of fd, kid"),
        (FAKE[0], {"measures": "memorisation"}, "pass held_out"),
        (FAKE[0], {"measures": "ifd"}, "needs labels"),
        (FAKE[0], {"measures": "ppl"}, "needs a model"),
        (FAKE[0], {"count": 1}, "at least 2"),
        (FAKE[0][:, ::2, ::2], {"measures": "kid"}, r"\(16, 16\) pixels, generated ones \(8, 8\)"),
        (FAKE[0] / 255.0, {"measures": "kid"}, "must be uint8"),
        ("images", {}, "SANModel, a dataset"),
        (FAKE[0], {"seed": -1}, "seed must be at least 0. Received: -1"),
        (FAKE[0], {"batch_size": 0}, "batch_size must be at least 1. Received: 0"),
        ((FAKE[0], ["cat"] * 60), {}, "class numbers, integers from 0 on. Received: 'cat', 'cat'"),
        ((FAKE[0], FAKE[1] / 2), {}, "class numbers, integers"),
        ((FAKE[0], FAKE[1] + 1), {"measures": "fidelity"}, "labels up to 2, tiny has 2 classes"),
        (
            FAKE[0],
            {"measures": "memorisation", "held_out": REAL[0]},
            "are the real ones themselves",
        ),
    ],
)
def test_what_does_not_fit(fake, options, message, extractor):
    with pytest.raises(ValueError, match=message):
        metrics.evaluate(fake, REAL[0], **{"extractor": extractor, "measures": "kid"} | options)


@pytest.mark.filterwarnings("ignore:.*singular covariance:UserWarning")
def test_few_images_have_a_distance_without_a_floor():
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1), "uint8")
    (result,) = metrics.evaluate(
        images, images[:, ::-1], measures=("fd",), extractor="mnistclassifier"
    )
    assert result.floor is None and np.isfinite(result.value)


def test_memorisation_looks_at_all_training_images(extractor):
    copies = REAL[0][::2] + 1
    options = dict(count=10, extractor=extractor, held_out=HELD_OUT[0])
    (result,) = metrics.evaluate(copies, REAL[0], measures="memorisation", **options)
    assert result.value > 0.9
    assert (result.protocol.n_real, result.protocol.n_held_out) == (80, 40)
    evaluation = metrics.Evaluation(REAL[0], "memorisation", **options)
    assert evaluation.names() == [result.name] == ["memorisation_tiny_10against80_train"]


def test_labels_are_one_an_image():
    images = np.zeros((4, 28, 28, 1), "uint8")
    with pytest.raises(ValueError, match=r"Expected 4 labels.*\(3,\)"):
        metrics.evaluate((images, [0, 1, 2]), images, extractor="mnistclassifier")


@pytest.mark.parametrize(("measures", "floor"), [("memorisation", False), ("fd", True)])
def test_held_out_images_are_of_the_same_size(measures, floor, extractor):
    # So few that the floor of the distance is that to the held-out images.
    count = 60 if floor else 20
    held_out = HELD_OUT[0][:, ::2, ::2].repeat(2, axis=0)
    with pytest.raises(ValueError, match=r"Held-out images have the shape \(8, 8, 1\)"):
        metrics.evaluate(
            FAKE[0], REAL[0], measures=measures, count=count, extractor=extractor, held_out=held_out
        )


def test_fidelity_wants_the_classes_in_the_order_of_the_classifier(extractor, monkeypatch, caplog):
    monkeypatch.setattr(extractor, "class_names", ("Dark one", "bright"))
    options = {"measures": "fidelity", "count": 20, "extractor": extractor}
    same, other = (
        data.arrays(*FAKE, class_names=names, batch_size=1)
        for names in (("dark_one", "Bright"), ("bright", "dark_one"))
    )
    (result,) = metrics.evaluate(same, REAL, **options)
    assert result.value == 1.0
    with pytest.raises(ValueError, match="classes bright, dark_one; tiny numbers them Dark one"):
        metrics.evaluate(other, REAL, **options)
    assert "tiny numbers" not in caplog.text
    # What is real was not classified, but a model trained on it has its numbers.
    metrics.evaluate(same, other, **options)
    assert "tiny numbers them Dark one, bright. The fidelity of a model" in caplog.text


def test_another_scaling_inside_a_network_is_not_in_the_cache(tmp_path):
    def extractor(scale):
        images = keras.Input((8, 8, 1))
        scaled = keras.layers.Rescaling(scale)(images)
        dense = keras.layers.Dense(3, kernel_initializer="ones")
        return extractors.from_keras(
            keras.Model(images, dense(keras.layers.Flatten()(scaled))), "tiny"
        )

    def activated(name):
        images = keras.Input((8, 8, 1))
        outputs = keras.layers.Activation(name, name=name)(keras.layers.Flatten()(images))
        return extractors.from_keras(keras.Model(images, outputs), "tiny").architecture

    assert activated("relu") == activated("relu") != activated("tanh")
    one, again, other = (extractor(scale) for scale in (1.0, 1.0, 0.5))
    assert one.sha256 == again.sha256 == other.sha256
    assert one.architecture == again.architecture != other.architecture
    first, second, third = (
        metrics.Evaluation(REAL[0], "fd", 40, e, cache=tmp_path).of(FAKE[0])[0].value
        for e in (one, again, other)
    )
    assert first == second
    assert third == pytest.approx(first / 4, rel=1e-3)
