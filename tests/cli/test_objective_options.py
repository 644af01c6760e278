"""`keras-san train` with losses, penalties, augmentations and schemes by name."""

import json
import shlex
import shutil

import keras
import numpy as np
import pytest
from tiny_gan import make_model

from keras_san.callbacks import Checkpoint
from keras_san.cli.main import main
from keras_san.cli.objective_options import RECIPES
from keras_san.cli.training import Training
from keras_san.cli.training_options import DEFAULTS
from keras_san.models import build
from keras_san.presets import load_preset

TINY = ["--width", "4", "--latent-dim", "8", "--batch-size", "4", "--measures", "none"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "noise.npz"
    np.savez(path, images=np.random.default_rng(0).integers(0, 256, (40, 32, 32, 1), "uint8"))
    return path


def train(*arguments):
    return main(["train", *map(str, arguments)])


def dry_run(capsys, *arguments):
    assert train(*arguments, "--dry-run") == 0
    return json.loads(capsys.readouterr().out)


def training(data, **options):
    small = {"data": str(data), "width": 4, "latent_dim": 8, "batch_size": 4}
    return Training({**DEFAULTS, **small, **options}).model


def test_wgan_is_algorithm_1(data, capsys):
    model = training(data, **RECIPES["wgan"] | {"batch_size": 4})
    assert type(model.loss).__name__ == "Wasserstein" and model.discriminator_steps == 5
    for optimizer in (model.optimizer.generator, model.optimizer.discriminator):
        assert isinstance(optimizer, keras.optimizers.RMSprop)
        np.testing.assert_allclose(float(keras.ops.convert_to_numpy(optimizer.learning_rate)), 5e-5)
    limits = {w.constraint.limit for w in model.discriminator.trainable_variables}
    assert limits == {0.01} and RECIPES["wgan"]["batch_size"] == 64
    options = dry_run(capsys, "--data", data, *TINY, "--recipe", "wgan")["options"]
    assert options["weight_clip"] == 0.01 and options["batch_size"] == 4


def test_every_recipe_builds(data, capsys):
    for recipe in RECIPES:
        description = dry_run(capsys, "--data", data, *TINY, "--recipe", recipe)
        again = dry_run(capsys, *shlex.split(description["command"])[2:])
        assert again == description


def test_options_reach_the_model(data, capsys):
    arguments = ["--data", data, *TINY, "--loss", "logistic", "--penalty", "r1:5:16"]
    arguments += ["--penalty", "l2@both:0.1", "--augment", "ada:0.5", "--augment", "instance_noise"]
    arguments += ["--betas", "0", "0.9", "--clip-norm", "2", "--decay-to-zero", "--images", "400"]
    arguments += ["--top-k", "0.5", "--top-k-images", "100", "--accumulation", "2"]
    arguments += ["--warm-up-images", "40"]
    arguments += ["--generator-batch-size", "6", "--label-smoothing", "0.1", "--freeze-layers", "2"]
    description = dry_run(capsys, *arguments)
    assert dry_run(capsys, *shlex.split(description["command"])[2:]) == description
    options = description["options"]
    assert options["penalty"] == ["r1:5:16", "l2@both:0.1"] and options["betas"] == [0.0, 0.9]
    model = Training(options).model
    assert [penalty.name for penalty in model.penalties] == ["r1", "l2"]
    assert model.penalties[0].interval == 16
    assert model.augment.augmentations[0].target == 0.5
    adam = model.optimizer.generator.get_config()
    assert (adam["beta_1"], adam["beta_2"], adam["global_clipnorm"]) == (0.0, 0.9, 2.0)
    scheme = model.objective.scheme
    assert (scheme.decay_steps, scheme.top_k, scheme.accumulation) == (100, 0.5, 2)
    assert scheme.warm_up_steps == 10
    assert scheme.generator_batch_size == 6 and model.frozen_discriminator_layers == 2


def test_resumed_state_is_that_of_the_run(data, tmp_path, capsys):
    arguments = ["--data", data, *TINY, "--penalty", "lecam", "--augment", "ada:0.1"]
    assert train(*arguments, "--images", 8, "--snapshot-images", 4, "--out", tmp_path) == 0
    (run,) = tmp_path.iterdir()
    with np.load(Checkpoint.files(run / "checkpoints")[0]) as archive:
        held = json.loads(str(archive["metadata"]))["variables"]
    assert any("lecam" in path for path in held) and any("ada" in path for path in held)
    assert train("--resume", run, "--images", 12) == 0
    options = json.loads((run / "options.json").read_text())["options"]
    assert options["penalty"] == ["lecam"] and options["augment"] == ["ada:0.1"]


def test_fine_tuning_starts_with_the_preset(data, tmp_path, capsys):
    first = training(data)
    first.save_preset(tmp_path / "start")
    model = training(data, initial_preset=str(tmp_path / "start"), freeze_layers=1)
    for one, other in zip(first.weights, model.weights, strict=True):
        one, other = (keras.ops.convert_to_numpy(weight) for weight in (one, other))
        # A preset holds 16 bits a weight.
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
    with pytest.raises(ValueError, match="is not of this architecture"):
        training(data, initial_preset=str(tmp_path / "start"), width=8)


def test_a_fine_tuned_run_goes_on_without_its_preset(data, tiny_preset, tmp_path, monkeypatch):
    start = shutil.copytree(tiny_preset, tmp_path / "start")
    monkeypatch.chdir(tmp_path)
    arguments = ["--data", data, "--batch-size", 4, "--measures", "none", "--freeze-layers", 1]
    assert train(*arguments, "--preset", "start", "--images", 4, "--out", "runs") == 0
    (run,) = (tmp_path / "runs").iterdir()
    shutil.rmtree(start)
    assert train("--resume", run, "--images", 8) == 0
    assert json.loads((run / "options.json").read_text())["options"]["initial_preset"] == "start"


def test_arguments_that_no_option_gives_are_not_lost(data, tmp_path):
    options = {"generator_options": {"interpolation": "bilinear"}, "width": 4}
    start = build("sngan", (32, 32, 1), **options).save_preset(tmp_path / "start")
    with pytest.raises(ValueError, match="its SNGANGenerator has interpolation='bilinear', which"):
        training(data, model="sngan", latent_dim=None, initial_preset=str(start))


def test_fine_tuning_takes_other_classes(tmp_path, caplog):
    folders = {}
    for count in (2, 3):
        folders[count] = tmp_path / f"of_{count}"
        for name in range(count):
            (folders[count] / str(name)).mkdir(parents=True)
            image = np.full((32, 32, 1), 40 * name, "uint8")
            keras.utils.save_img(folders[count] / str(name) / "0.png", image, scale=False)
    options = {"conditional": True, "color_mode": "grayscale", "batch_size": 2}
    first = training(folders[3], **options)
    first.save_preset(tmp_path / "start")
    with caplog.at_level("INFO"):
        model = training(folders[2], initial_preset=str(tmp_path / "start"), **options)
    assert "has 3 classes, the data 2" in caplog.text
    table, start = (
        keras.ops.convert_to_numpy(one.generator.get_layer("class_embedding").embeddings)
        for one in (model, first)
    )
    np.testing.assert_allclose(table, np.tile(start.mean(0), (2, 1)), atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--penalty", "r9"], "Unknown penalty: 'r9'"),
        (["--augment", "mixup"], "Unknown augmentation: 'mixup'"),
        (["--loss", "began"], "belong together"),
        (["--label-smoothing", "0.1"], "no targets to smooth or flip"),
        (["--optimizer", "sgd", "--betas", "0", "0.9"], "--betas: sgd has none"),
    ],
)
def test_errors_are_one_line(arguments, message, data, capsys, tmp_path):
    assert train("--data", data, *TINY, *arguments, "--out", tmp_path / "runs") == 2
    error = capsys.readouterr().err
    assert message in error and len(error.strip().splitlines()) == 1


def test_penalties_can_be_turned_off(data):
    assert training(data, penalty=["none"]).penalties == ()
    assert make_model().penalties == ()


def test_fine_tuning_takes_networks_and_weights_from_the_preset(data, tiny_preset, capsys):
    arguments = ["--data", data, "--batch-size", "4", "--preset", tiny_preset]
    arguments += ["--freeze-layers", "2"]
    description = dry_run(capsys, *arguments)
    assert dry_run(capsys, *shlex.split(description["command"])[2:]) == description
    options = description["options"]
    assert (options["model"], options["width"], options["head"]) == ("dcgan", 4, "san")
    assert options["color_mode"] == "grayscale" and not options["conditional"]
    model, start = Training(options).model, load_preset(tiny_preset)
    assert model.frozen_discriminator_layers == 2
    for name in ("generator", "discriminator", "generator_ema"):
        pairs = zip(getattr(model, name).weights, getattr(start, name).weights, strict=True)
        for own, given in pairs:
            np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (own, given)))
    assert train(*arguments, "--width", "8", "--dry-run") == 2
    assert "--width 8: --preset" in capsys.readouterr().err
    assert train("--resume", "anywhere", "--preset", tiny_preset) == 2
    assert "--preset" in capsys.readouterr().err


def test_a_damaged_preset_is_named(data, tiny_preset, tmp_path, capsys):
    start = shutil.copytree(tiny_preset, tmp_path / "start")
    config = json.loads((start / "config.json").read_text())
    del config["generator"]
    (start / "config.json").write_text(json.dumps(config))
    assert train("--data", data, "--preset", start, "--dry-run") == 2
    assert "config.json' lacks 'generator'" in capsys.readouterr().err
