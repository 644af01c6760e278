"""What was saved comes back: images, every weight, and on every backend."""

import json
import os
import shutil
import subprocess
import sys

import h5py
import keras
import numpy as np
import pytest

import keras_san
from keras_san.presets import load_preset, save_preset


def grey_levels(first, second):
    return np.abs(first.astype(int) - second.astype(int))


def arrays(network):
    return [keras.ops.convert_to_numpy(variable) for variable in network.weights]


def test_images_within_one_grey_level(model, saved):
    loaded = load_preset(saved)
    difference = grey_levels(model.generate(16, seed=3), loaded.generate(16, seed=3))
    assert (difference <= 1).mean() >= 0.99


@pytest.mark.parametrize("network", ["generator_ema", "generator", "discriminator"])
def test_every_weight_comes_back(model, saved, network):
    loaded = load_preset(saved)
    for before, after in zip(
        arrays(getattr(model, network)), arrays(getattr(loaded, network)), strict=True
    ):
        assert before.dtype == after.dtype
        np.testing.assert_allclose(after, before, rtol=1e-3, atol=1e-6)


def test_float32_is_exact(model, tmp_path):
    loaded = load_preset(model.save_preset(tmp_path / "exact", dtype="float32"))
    for before, after in zip(
        arrays(model.generator_ema), arrays(loaded.generator_ema), strict=True
    ):
        np.testing.assert_array_equal(after, before)
    np.testing.assert_array_equal(model.generate(4), loaded.generate(4))


def test_the_average_alone(new_model, saved, tmp_path):
    model = new_model()
    folder = shutil.copytree(saved, tmp_path / "average")
    assert (folder / "generator.weights.h5").exists()
    model.save_preset(folder, averaged_only=True)
    assert not (folder / "generator.weights.h5").exists()
    loaded = load_preset(folder)
    for name in ("generator_ema", "generator"):
        for before, after in zip(
            arrays(model.generator_ema), arrays(getattr(loaded, name)), strict=True
        ):
            np.testing.assert_allclose(after, before, rtol=1e-3, atol=1e-6)
    loaded.save_preset(folder)
    assert (folder / "generator.weights.h5").exists()


def test_conditional_model(new_model, tmp_path):
    model = new_model(num_classes=3)
    loaded = load_preset(model.save_preset(tmp_path / "classes"))
    assert loaded.num_classes == 3
    options = {"seeds": [5, 6, 7], "labels": [2, 0, 1]}
    assert (grey_levels(model.generate(**options), loaded.generate(**options)) <= 1).mean() >= 0.99


def test_networks_of_keras_classes(keras_networks, tmp_path):
    model = keras_san.SANModel(*keras_networks(keras.layers.LeakyReLU()))
    loaded = load_preset(model.save_preset(tmp_path / "own"))
    assert (grey_levels(model.generate(4), loaded.generate(4)) <= 1).mean() >= 0.99
    images = model.generate(4)
    np.testing.assert_allclose(loaded.score(images), model.score(images), rtol=1e-2, atol=1e-2)


def test_arguments_of_the_model_come_back(new_model, tmp_path):
    model = new_model(direction_weight=0.5, discriminator_steps=2)
    loaded = load_preset(model.save_preset(tmp_path / "arguments"))
    assert loaded.direction_weight == 0.5
    assert loaded.discriminator_steps == 2
    assert loaded.latent_dim == model.latent_dim
    assert loaded.image_shape == model.image_shape


def test_model_methods_and_functions_agree(model, tmp_path):
    model.save_preset(tmp_path / "by_method")
    save_preset(model, tmp_path / "by_function")
    names = ["generator_ema.weights.h5", "generator.weights.h5", "discriminator.weights.h5"]
    for name in names:
        first, second = (tmp_path / folder / name for folder in ("by_method", "by_function"))
        assert first.read_bytes() == second.read_bytes()
    loaded = keras_san.SANModel.from_preset(tmp_path / "by_method")
    np.testing.assert_array_equal(
        loaded.generate(2), load_preset(tmp_path / "by_function").generate(2)
    )


def test_directions_are_put_back_on_the_sphere(saved):
    loaded = load_preset(saved)
    constrained = [v for v in loaded.discriminator.weights if v.constraint is not None]
    assert constrained
    for variable in constrained:
        value = keras.ops.convert_to_numpy(variable)
        norm = np.sqrt(np.sum(value**2, axis=variable.constraint.axis))
        np.testing.assert_allclose(norm, 1.0, rtol=1e-6)


def test_kernels_are_half_and_vectors_single_precision(saved):
    kinds = set()

    def note(name, item):
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f":
            kinds.add((item.ndim >= 2, str(item.dtype)))

    with h5py.File(saved / "generator_ema.weights.h5") as file:
        file.visititems(note)
    assert kinds == {(True, "float16"), (False, "float32")}


def test_weight_files_are_keras_own_format(model, saved):
    network = load_preset(saved, load_discriminator=False).generator_ema
    for variable in network.weights:
        variable.assign(np.zeros(variable.shape))
    network.load_weights(saved / "generator_ema.weights.h5")
    for before, after in zip(arrays(model.generator_ema), arrays(network), strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-3, atol=1e-6)


def test_a_loaded_preset_trains(keras_networks, tmp_path):
    model = keras_san.SANModel(*keras_networks(keras.layers.LeakyReLU()))
    model = load_preset(model.save_preset(tmp_path / "untrained"))
    model.compile()
    images = np.zeros((8, 8, 8, 1), "uint8")
    history = model.fit(images, batch_size=8, epochs=1, verbose=0)
    assert np.isfinite(history.history["discriminator_loss"]).all()


def test_mixed_precision_is_saved_as_float32(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = keras_san.models.build("dcgan", (32, 32, 1), width=4)
    folder = model.save_preset(tmp_path / "mixed")
    keras.config.set_dtype_policy("float32")
    assert "bfloat16" not in (folder / "config.json").read_text()
    loaded = load_preset(folder)
    assert {layer.compute_dtype for layer in loaded.generator_ema.layers} == {"float32"}
    assert loaded.generate(2).shape == (2, 32, 32, 1)


def test_another_backend_draws_the_same_images(saved, tmp_path, backend):
    other = {"jax": "tensorflow", "tensorflow": "torch", "torch": "jax"}[backend]
    pytest.importorskip(other)
    target = tmp_path / "images.npy"
    code = (
        "import sys, numpy, keras, keras_san\n"
        f"assert keras.backend.backend() == {other!r}\n"
        "model = keras_san.SANModel.from_preset(sys.argv[1], load_discriminator=False)\n"
        "numpy.save(sys.argv[2], model.generate(16, seed=0))\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(saved), str(target)],
        env={**os.environ, "KERAS_BACKEND": other},
        check=True,
    )
    difference = grey_levels(np.load(target), load_preset(saved).generate(16, seed=0))
    assert difference.max() <= 1
    assert (difference > 0).mean() <= 0.001


def test_config_states_origin_and_versions(saved, model):
    config = json.loads((saved / "config.json").read_text())
    assert config["name"] == "dcgan_shapes_32"
    assert config["resolution"] == 32
    assert config["data"]["license"] == "CC0-1.0"
    assert config["license"] == {"code": "Apache-2.0", "weights": "Apache-2.0"}
    assert config["metrics"]["kid_pixels"]["protocol"] == "500 images, seed 0"
    assert config["versions"]["keras"] == keras.version()
    assert config["versions"]["keras_san"] == keras_san.__version__
    assert set(config["files"]) == {path.name for path in saved.glob("*.h5")}
    assert json.loads((saved / "history.json").read_text()) == {"discriminator_loss": [2.0, 1.5]}
    assert json.loads((saved / "recipe.json").read_text())["batch_size"] == 64


def test_statistics_of_truncations_go_along(tmp_path):
    model = keras_san.models.build("dcgan", (32, 32, 1), width=2, latent_dim=4)
    layers = keras_san.sampling.normalization_layers(model.generator_ema)
    sizes = [layer.moving_mean.shape[0] for layer in layers]
    # The further from 1 the truncation, the wider the statistics: a duller picture.
    sets = [np.linspace(9.0, 1.0, 3)[:, None] * np.ones((3, size)) for size in sizes]
    zeros = [np.zeros((3, size)) for size in sizes]
    statistics = keras_san.sampling.TruncationStatistics(zeros, sets)
    model.truncation_statistics = statistics
    model.save_preset(tmp_path / "preset")
    config = json.loads((tmp_path / "preset" / "config.json").read_text("utf-8"))
    assert "truncation_statistics.npz" in config["files"]

    loaded = keras_san.SANModel.from_preset(tmp_path / "preset")
    for truncation, variance in ((0.5, 5.0), (1.0, 1.0)):
        images = loaded.generate(2, truncation=truncation)
        layer = keras_san.sampling.normalization_layers(loaded.generator_ema)[0]
        np.testing.assert_allclose(keras.ops.convert_to_numpy(layer.moving_variance), variance)
        # The weights were stored in half precision.
        assert grey_levels(images, model.generate(2, truncation=truncation)).max() <= 1


def test_the_current_folder(new_model, tmp_path, monkeypatch):
    folder = tmp_path / "mine"
    folder.mkdir()
    monkeypatch.chdir(folder)
    new_model().save_preset(".")
    assert (folder / "config.json").is_file() and list(tmp_path.iterdir()) == [folder]


def test_results_are_metrics(model, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 1), "uint8")
    results = keras_san.metrics.evaluate(
        model, images, measures="kid,prdc", count=8, extractor="mnistclassifier"
    )
    folder = model.save_preset(tmp_path / "measured", metrics=results)
    entry = json.loads((folder / "config.json").read_text())["metrics"][
        "kid_mnistclassifier_8_train"
    ]
    assert entry["value"] == results[0].value
    assert entry["standard_error"] == results[0].standard_error
    assert entry["protocol"] == results[0].protocol.description()
    assert "kid_mnistclassifier_8_train" in (folder / "README.md").read_text()
    with pytest.raises(ValueError, match=r"0\.5; expected a keras_san\.metrics\.Result"):
        model.save_preset(tmp_path / "other", metrics=[0.5])
