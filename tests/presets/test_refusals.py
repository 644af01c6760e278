"""What must not be loaded or saved is refused by name."""

import hashlib
import json
import sys
import types

import h5py
import keras
import numpy as np
import pytest

import keras_san
from keras_san.presets import layout, load_preset, names, registry, save_preset
from keras_san.presets.load import find_folder

WEIGHTS = "generator_ema.weights.h5"


def edit_config(folder, change):
    path = folder / "config.json"
    config = json.loads(path.read_text())
    change(config)
    path.write_text(json.dumps(config))


def edit_weights(folder, change):
    """Changes a weight file and its hash with it, as a faulty export would."""
    path = folder / WEIGHTS
    with h5py.File(path, "r+") as file:
        datasets = []
        file.visititems(
            lambda name, item: datasets.append(name) if isinstance(item, h5py.Dataset) else None
        )
        name = next(name for name in datasets if file[name].ndim >= 2)
        change(file, name)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    edit_config(folder, lambda config: config["files"][WEIGHTS].update(sha256=digest))
    return name


def test_tampered_file_is_refused_with_both_hashes(folder):
    path = folder / WEIGHTS
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    found = hashlib.sha256(content).hexdigest()
    with pytest.raises(ValueError, match=rf"(?s){WEIGHTS}.*{found}.*{expected}"):
        load_preset(folder)


def test_missing_file_is_named(folder):
    (folder / "discriminator.weights.h5").unlink()
    with pytest.raises(ValueError, match="lacks 'discriminator.weights.h5'"):
        load_preset(folder)
    assert load_preset(folder, load_discriminator=False).generate(1).shape == (1, 32, 32, 1)


def test_missing_tensor_is_listed(folder):
    name = edit_weights(folder, lambda file, name: file.__delitem__(name))
    with pytest.raises(ValueError, match=f"missing {name} "):
        load_preset(folder)


def test_unknown_tensor_is_listed(folder):
    edit_weights(folder, lambda file, name: file.create_dataset("stranger", data=[1.0]))
    with pytest.raises(ValueError, match=r"unknown stranger \(1,\)"):
        load_preset(folder)


def test_misshapen_tensor_is_listed(folder):
    def flatten(file, name):
        values = file[name][()].ravel()
        del file[name]
        file[name] = values

    name = edit_weights(folder, flatten)
    with pytest.raises(ValueError, match=rf"misshapen {name} \(\d+,\), expected \("):
        load_preset(folder)


def test_unknown_name_lists_the_valid_forms():
    with pytest.raises(ValueError, match="Unknown preset 'no_such_preset'") as error:
        keras_san.SANModel.from_preset("no_such_preset")
    message = str(error.value)
    assert all(name in message for name in names())
    assert "hf://owner/name" in message
    assert "keras-san train" in message


def test_folder_without_preset(tmp_path):
    with pytest.raises(ValueError, match="holds neither config.json nor preset/config.json"):
        load_preset(tmp_path)


def test_run_folder_is_a_source(saved, folder, tmp_path):
    run = tmp_path / "00000-dcgan"
    run.mkdir()
    folder.rename(run / "preset")
    np.testing.assert_array_equal(load_preset(run).generate(2), load_preset(saved).generate(2))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "has the format None"),
        ("[]", "has the format 'list'"),
        ("not json", "not readable JSON"),
        ('{"format": "keras_san preset", "format_version": 99}', "is version 99"),
    ],
)
def test_foreign_config(folder, content, message):
    (folder / "config.json").write_text(content)
    with pytest.raises(ValueError, match=message):
        load_preset(folder)


@pytest.mark.parametrize(
    "foreign",
    [
        {"class_name": "__lambda__", "config": {"value": "AAAA"}},
        {"class_name": "Lambda", "module": "keras.layers", "config": {}, "registered_name": None},
        {"class_name": "Popen", "module": "subprocess", "config": {}, "registered_name": "Popen"},
        {
            "class_name": "Lambda",
            "module": "keras.src.layers.core.lambda_layer",
            "config": {},
            "registered_name": "keras_san>none_such",
        },
        {"class_name": "Own", "module": "own", "config": {}, "registered_name": "package>Own"},
        {"class_name": "function", "module": "os", "config": "system", "registered_name": "system"},
    ],
)
def test_foreign_class_is_never_built(folder, foreign):
    edit_config(folder, lambda config: config["generator"]["config"].update(extra=[foreign]))
    with pytest.raises(ValueError, match="classes of keras-san and of Keras only"):
        load_preset(folder)


def test_own_function_is_refused_on_saving(keras_networks, tmp_path):
    double = keras.layers.Lambda(lambda images: images * 2.0)
    model = keras_san.SANModel(*keras_networks(double))
    with pytest.raises(ValueError, match="'Lambda'"):
        save_preset(model, tmp_path / "own")
    assert not (tmp_path / "own").exists()


def test_non_finite_weight_is_named(new_model, tmp_path):
    model = new_model()
    kernel = next(v for v in model.generator.trainable_weights if len(v.shape) >= 2)
    kernel.assign(np.full(kernel.shape, np.nan))
    with pytest.raises(ValueError, match="tensor '.*' is not finite"):
        model.save_preset(tmp_path / "diverged")
    assert list(tmp_path.iterdir()) == []


def test_folder_of_other_files_is_left_alone(model, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="holds files that are not a preset"):
        model.save_preset(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_another_library_s_config_is_no_preset(model, tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "README.md").write_text("of another model")
    with pytest.raises(ValueError, match="holds files that are not a preset"):
        model.save_preset(tmp_path)
    assert (tmp_path / "README.md").read_text() == "of another model"


def test_saving_again_replaces(model, new_model, folder):
    new_model().save_preset(folder, name="second")
    assert json.loads((folder / "config.json").read_text())["name"] == "second"
    assert load_preset(folder).generate(1).shape == (1, 32, 32, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dtype": "int8"}, "dtype is 'int8'"),
        ({"metrics": {"kid": 0.1}}, "metric 'kid' is 0.1"),
        ({"data": {"license": "MIT"}}, "with a 'name'"),
        ({"data": 3}, "data is a int"),
    ],
)
def test_arguments_of_saving(model, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        model.save_preset(tmp_path / "bad", **options)
    assert not (tmp_path / "bad").exists()


def test_hub_without_its_library_says_how_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ImportError, match="pip install huggingface_hub"):
        load_preset("hf://owner/name")


def test_hub_address():
    with pytest.raises(ValueError, match="expected 'hf://owner/name'"):
        load_preset("hf://owner")


def test_hub_downloads_what_a_preset_holds(monkeypatch, saved):
    asked = {}

    def snapshot_download(**options):
        asked.update(options)
        return str(saved)

    library = types.SimpleNamespace(snapshot_download=snapshot_download)
    monkeypatch.setitem(sys.modules, "huggingface_hub", library)
    assert load_preset("hf://owner/name").generate(1).shape == (1, 32, 32, 1)
    assert asked["repo_id"] == "owner/name"
    held = {path.name for path in saved.iterdir()}
    # What a preset may hold besides.
    assert set(asked["allow_patterns"]) == held | {"truncation_statistics.npz"}


def test_a_path_is_a_folder_and_a_string_may_be_a_built_in_name(tmp_path, monkeypatch, caplog):
    name = names()[0]
    monkeypatch.chdir(tmp_path)
    own = keras_san.models.build("dcgan", (32, 32, 1), width=2).save_preset(name)
    assert find_folder(own) == find_folder(f"./{name}") == own
    with caplog.at_level("WARNING"):
        assert find_folder(name) == registry.folder(name)
    assert f"'./{name}'" in caplog.text


def test_a_file_is_no_folder_and_a_config_is_whole(tmp_path):
    (tmp_path / "file").write_text("")
    model = keras_san.models.build("dcgan", (32, 32, 1), width=2)
    with pytest.raises(ValueError, match="file' is a file"):
        model.save_preset(tmp_path / "file")
    folder = tmp_path / "broken"
    folder.mkdir()
    config = {"format": layout.FORMAT, "format_version": layout.FORMAT_VERSION, "files": {}}
    (folder / layout.CONFIG).write_text(json.dumps(config))
    with pytest.raises(ValueError, match="lacks 'model', 'generator', 'discriminator'"):
        load_preset(folder)


def test_a_run_that_was_killed_is_told_from_other_folders(tmp_path):
    (tmp_path / "options.json").write_text("{}")
    with pytest.raises(ValueError, match="has no preset yet.*--resume"):
        load_preset(tmp_path)
