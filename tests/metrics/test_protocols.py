"""What a cache, a name and a protocol must tell apart."""

import keras
import numpy as np
import pytest

import keras_san
from keras_san.cli.main import main
from keras_san.metrics import Evaluation, evaluation, extractors


def images(seed, count=24):
    return np.random.default_rng(seed).integers(0, 256, (count, 16, 16, 1), "uint8")


def extractor(**options):
    network = keras.Sequential([keras.Input((16, 16, 1)), keras.layers.Flatten()])
    return extractors.from_keras(network, "mine", **options)


def value(cache, **options):
    evaluation = Evaluation(images(0), "kid", 24, extractor(**options), cache=cache)
    (result,) = evaluation.of(images(1))
    return result


def test_a_cache_belongs_to_one_scaling(tmp_path):
    first = value(tmp_path, offset=0.0, scale=1.0 / 255)
    alone, after = (value(folder, offset=127.5, scale=1.0 / 127.5) for folder in (None, tmp_path))
    assert after.value == alone.value != first.value
    assert after.protocol != first.protocol


def test_memorisation_names_what_was_held_out():
    protocols = []
    for count in (8, 12):
        evaluation = Evaluation(
            images(0), "memorisation", 24, extractor(), held_out=images(2, count)
        )
        (result,) = evaluation.of(images(1))
        protocols.append(result.protocol)
    assert [protocol.n_held_out for protocol in protocols] == [8, 12]
    assert protocols[0].held_out_sha256 != protocols[1].held_out_sha256


def test_authenticity_looks_at_all_training_images():
    copies = images(0)[12:]
    evaluation = Evaluation(images(0), "authenticity,kid", 8, extractor())
    found = {result.measure: result for result in evaluation.of(copies)}
    assert found["authenticity"].value == 0.0
    assert [found[name].protocol.n_real for name in ("authenticity", "kid")] == [24, 8]
    assert not found["authenticity"].protocol.n_held_out
    # One half of random images beside the other.
    assert found["authenticity"].floor_count == 12 and found["authenticity"].floor.value > 0.2
    assert found["kid"].floor is None


def test_a_count_that_takes_all_images_looks_at_them_once(monkeypatch):
    looked_at = []
    gathered = evaluation.gather

    def counted(source, places, *rest):
        looked_at.append(len(places))
        return gathered(source, places, *rest)

    monkeypatch.setattr(evaluation, "gather", counted)
    values = []
    for count in (24, 23):
        of = Evaluation(images(0), "authenticity", count, extractor()).of
        (result,) = of(images(1, 8))
        values.append(result.floor.value)
    assert values[0] == values[1] and looked_at == [8, 24, 8, 23, 24]


def test_extractors_compute_in_float32_whatever_the_policy():
    pixels = np.random.default_rng(0).integers(0, 256, (4, 28, 28, 1), "uint8")
    expected = extractors.get("mnistclassifier")(pixels)
    keras.config.set_dtype_policy("mixed_bfloat16")
    found = extractors.get("mnistclassifier")(pixels)
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_folder_has_no_other_split(tmp_path, capsys, split):
    for index, image in enumerate(images(0, 4)):
        keras_san.data.save_png(image, tmp_path / f"{index}.png")
    arguments = ["evaluate", "--preset", str(tmp_path), "--data", str(tmp_path)]
    assert main([*arguments, "--held-out", split, "--measures", "memorisation"]) == 2
    assert "has no such split" in capsys.readouterr().err
