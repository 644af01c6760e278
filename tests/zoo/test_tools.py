"""From a recipe to a preset: the tools of the zoo on a tiny run."""

import json
import shutil

import keras
import numpy as np
import publish
import pytest
import recipes
import renew
import train
import zoo_files
from keras import ops
from measure import main as measure

from keras_san.cli.main import main as keras_san
from keras_san.cli.training_options import DEFAULTS, command_line
from keras_san.models import architectures, build
from keras_san.presets import load_preset


@pytest.mark.parametrize("name", recipes.names())
def test_a_recipe_says_what_differs_and_trains(name, tmp_path):
    options = recipes.recipe(name)
    assert not [key for key, value in options.items() if value == DEFAULTS[key]]
    model, data = options.get("model", "dcgan"), options["data"].removesuffix(".npz")
    size = options.get("resolution", 32)
    assert name.removesuffix("_gan") == f"{model}_{data}_{size}"
    assert size in architectures()[model].resolutions
    words = train.arguments_of(name, tmp_path / options["data"], tmp_path, images=640)
    assert words[0] == "train" and words[words.index("--images") + 1] == "640"
    if name.endswith("_gan"):
        twin = recipes.recipe(name.removesuffix("_gan"))
        assert options == twin | {"head": "dense"} and twin.get("head", "san") == "san"


def test_other_names_and_data_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no recipe of 'dcgan_none_32'"):
        recipes.recipe("dcgan_none_32")
    with pytest.raises(ValueError, match="fashion_mnist.npz expected"):
        train.arguments_of("dcgan_fashion_mnist_32", tmp_path / "mnist.npz", tmp_path)


def test_seed_and_precision_are_those_of_a_new_run(tmp_path):
    new = dict(seed=3, mixed_precision="float32")
    words = train.arguments_of("dcgan_mnist_32", tmp_path / "mnist.npz", tmp_path, **new)
    assert words[words.index("--seed") + 1] == "3"
    # The recipe's is mixed_bfloat16; float32 is the command's default.
    assert "--mixed-precision" not in words
    checkpoint = tmp_path / "dcgan_mnist_32" / "00000" / "checkpoints" / "checkpoint_000000004.npz"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.touch()
    with pytest.raises(ValueError, match="has its own --seed, --mixed-precision; leave it out"):
        train.arguments_of("dcgan_mnist_32", tmp_path / "mnist.npz", tmp_path, **new)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of two steps by a recipe, and its data."""
    folder = tmp_path_factory.mktemp("zoo")
    random = np.random.default_rng(0)
    arrays = {}
    for split in ("train", "test"):
        arrays[f"x_{split}"] = random.integers(0, 256, (40, 28, 28, 1), "uint8")
        arrays[f"y_{split}"] = np.arange(40) % 10
    np.savez(folder / "tiny.npz", **arrays)
    tiny = {"data": "tiny.npz", "conditional": True, "resize": "pad", "width": 4, "batch_size": 4}
    tiny |= {"latent_dim": 8, "images": 8, "snapshot_images": 4, "measures": "none"}
    (folder / "dcgan_tiny_32.json").write_text(json.dumps(tiny), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipes, "RECIPES", folder)
        arguments = ["dcgan_tiny_32", "--data", str(folder / "tiny.npz"), "--out", str(folder)]
        assert train.main(arguments) == 0
        # Called again it goes on, with the images that are asked for.
        words = train.arguments_of("dcgan_tiny_32", folder / "tiny.npz", folder, images=12)
        assert train.main([*arguments, "--images", "12"]) == 0
    (path,) = (folder / "dcgan_tiny_32").iterdir()
    place = ["--data", str(folder / "tiny.npz")]
    assert words == ["train", "--resume", str(path), "--images", "12", *place]
    return path, folder / "tiny.npz"


@pytest.mark.filterwarnings("ignore:.*singular covariance:UserWarning")
def test_a_run_is_measured_and_published(run, tmp_path, empty_pages):
    path, data = run
    measured = tmp_path / "measured.json"
    arguments = ["dcgan_tiny_32", "--run", str(path), "--data", str(data), "--count", "20"]
    measure([*arguments, "--extractor", "mnistclassifier", "--out", str(measured)])
    content = json.loads(measured.read_text("utf-8"))
    assert content["images_seen"] == 12
    names = {result["measure"] for result in content["results"]}
    assert {"kid", "fd", "precision", "recall", "density", "coverage"} <= names

    arguments = [str(path), "dcgan_tiny_32", "--data-license", "CC0-1.0", "--device", "a test"]
    arguments += ["--zoo", str(tmp_path / "zoo"), "--pages", str(tmp_path)]
    publish.main([*arguments, "--metrics", str(measured)])
    folder = tmp_path / "zoo" / "dcgan_tiny_32"
    config, history = (zoo_files.read(folder, name) for name in ("config.json", "history.json"))
    assert config["metrics"]["kid_mnistclassifier_20_train"]["value"]
    assert history["images"] == config["images_seen"] == 12
    assert history["stored_as"] == "float16" and history["pixels_within_one_level"] >= 0.99
    recipe = zoo_files.read(folder, "recipe.json")
    command = recipe.pop("command")
    assert "loss" not in recipe and "generator_learning_rate" not in recipe
    again = command_line({**DEFAULTS, **recipe})
    assert command.split() == again and recipe["latent_dim"] == 8
    assert "dcgan_tiny_32" in (tmp_path / "README.md").read_text("utf-8")

    content["images_seen"] = 8
    measured.write_text(json.dumps(content), "utf-8")
    with pytest.raises(ValueError, match="images_seen 8, the run 12"):
        publish.main([*arguments, "--metrics", str(measured)])


@pytest.mark.filterwarnings("ignore:.*singular covariance:UserWarning")
def test_the_best_of_a_run_is_measured_and_published(run, tmp_path, empty_pages):
    path, data = run
    kept = shutil.copytree(path / "preset", path / "best")
    config = zoo_files.read(kept, "config.json")
    (kept / "config.json").write_text(json.dumps(config | {"images_seen": 8}), "utf-8")
    measured = tmp_path / "measured.json"
    arguments = ["dcgan_tiny_32", "--run", str(path), "--best", "--data", str(data)]
    arguments += ["--count", "20", "--extractor", "mnistclassifier", "--out", str(measured)]
    measure(arguments)

    arguments = [str(path), "dcgan_tiny_32", "--best", "--metrics", str(measured)]
    arguments += ["--data-license", "CC0-1.0", "--device", "a test", "--averaged-only"]
    publish.main([*arguments, "--zoo", str(tmp_path / "zoo"), "--pages", str(tmp_path)])
    folder = tmp_path / "zoo" / "dcgan_tiny_32"
    assert not (folder / "generator.weights.h5").exists()
    config, recipe = (zoo_files.read(folder, name) for name in ("config.json", "recipe.json"))
    history = zoo_files.read(folder, "history.json")
    assert config["images_seen"] == history["images"] == recipe["images"] == 8
    assert max(history["curve"]["images_seen"]) == 8
    assert "loss" not in recipe and recipe["latent_dim"] == 8


@pytest.mark.filterwarnings("ignore:.*singular covariance:UserWarning")
def test_a_preset_is_renewed(run, tmp_path, empty_pages):
    path, data = run
    zoo = tmp_path / "zoo"
    places = ["--zoo", str(zoo), "--pages", str(tmp_path)]
    arguments = [str(path), "dcgan_tiny_32", "--data-license", "CC0-1.0", "--device", "a test"]
    publish.main([*arguments, *places])
    folder = zoo / "dcgan_tiny_32"
    model, before = load_preset(folder), zoo_files.read(folder, "history.json")
    arguments = ["dcgan_tiny_32", *places, "--count", "20", "--extractor", "mnistclassifier"]

    renew.main([*arguments, "--data", str(data), "--standing-statistics", "2"])
    config, history = (zoo_files.read(folder, f"{name}.json") for name in ("config", "history"))
    assert config["metrics"]["kid_mnistclassifier_20_train"]["value"]
    renewed = load_preset(folder)
    changed = {
        name
        for name in ("generator", "generator_ema", "discriminator")
        for old, new in zip(
            getattr(model, name).weights, getattr(renewed, name).weights, strict=True
        )
        if not np.array_equal(ops.convert_to_numpy(old), ops.convert_to_numpy(new))
    }
    assert changed == {"generator_ema"}
    assert history.pop("batches_of_standing_statistics") == 2
    assert history == before | {"pixels_within_one_level": history["pixels_within_one_level"]}
    assert config["images_seen"] == 12

    # In less room: what it draws, and so what was measured, stays.
    drawn = renewed.generate(4, seed=0)
    renew.main(["dcgan_tiny_32", *places, "--averaged-only"])
    assert not (folder / "generator.weights.h5").exists()
    assert zoo_files.read(folder, "config.json")["metrics"] == config["metrics"]
    assert zoo_files.read(folder, "history.json")["batches_of_standing_statistics"] == 2
    np.testing.assert_array_equal(load_preset(folder).generate(4, seed=0), drawn)

    for wrong in (["dcgan_none_32", "--data", str(data)], ["dcgan_tiny_32"]):
        with pytest.raises(SystemExit):
            renew.main([*wrong, *places])
    other = tmp_path / "other.npz"
    with np.load(data) as arrays:
        np.savez(other, **{name: array[::-1] for name, array in arrays.items()})
    with pytest.raises(ValueError, match="give the file that it was trained on"):
        renew.main([*arguments, "--data", str(other)])


def test_published_classes_have_their_names():
    digits = list(map(str, range(10)))
    names = {
        name: publish.with_names({"name": name, "class_names": given})["class_names"]
        for name, given in (("fashion_mnist", digits), ("mnist", digits), ("birds", ["owl"]))
    }
    assert names["fashion_mnist"][9] == "Ankle boot"
    assert names["mnist"] == digits and names["birds"] == ["owl"]
    assert publish.with_names({"name": "faces"}) == {"name": "faces"}


def test_agreement_sees_what_storage_loses(monkeypatch):
    model = build("dcgan", (32, 32, 1), width=4, latent_dim=8)
    assert publish.pixels_within_one_level(model, 8) > 0.99

    def coarse(network, path, dtype):
        for variable in network.weights:
            variable.assign(keras.ops.round(variable * 4) / 4)
        network.save_weights(path)

    monkeypatch.setattr(publish, "write_weights", coarse)
    for variable in model.generator_ema.weights:
        variable.assign(variable + 0.1)
    assert publish.pixels_within_one_level(model, 8) < 0.99


def test_the_command_line_takes_the_words_of_a_recipe(tmp_path, capsys):
    words = train.arguments_of("dcgan_mnist_32", tmp_path / "mnist.npz", tmp_path)
    assert keras_san([*words, "--dry-run"]) == 2
    assert "mnist.npz" in capsys.readouterr().err
