"""`keras-san train`: runs that stop anywhere and go on as if they had not."""

import csv
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from keras_san.callbacks import Checkpoint
from keras_san.cli import training_options
from keras_san.cli.fine_tuning import options_of
from keras_san.cli.main import main
from keras_san.cli.run_folder import RunFolder
from keras_san.features import frozen_network
from keras_san.models import build, normalizers
from keras_san.presets import load_preset, save_preset

ROOT = Path(__file__).parents[2]
TINY = ["--width", "4", "--latent-dim", "8", "--batch-size", "4", "--measures", "none"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A file of 40 noise images of two classes."""
    path = tmp_path_factory.mktemp("data") / "noise.npz"
    images = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 1), "uint8")
    np.savez(path, images=images, labels=np.arange(40) % 2)
    return path


def train(*arguments):
    return main(["train", *map(str, arguments)])


def only_run(out):
    (run,) = out.iterdir()
    return run


def dry_run(capsys, *arguments):
    assert train(*arguments, "--dry-run") == 0
    return json.loads(capsys.readouterr().out)


def images_of_newest(run):
    newest = Checkpoint.files(run / "checkpoints")[0]
    return int(newest.stem.removeprefix("checkpoint_"))


def arrays_of(path):
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files if name != "metadata"}


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    """A finished run of four steps, two a tick."""
    out = tmp_path_factory.mktemp("finished") / "runs"
    arguments = ["--data", data, *TINY, "--images", 16, "--snapshot-images", 8]
    assert train(*arguments, "--out", out) == 0
    return only_run(out)


def test_what_a_run_leaves(run, data):
    assert run.name == "00000-dcgan-noise-hinge"
    assert sorted(path.name for path in run.iterdir()) == [
        "checkpoints",
        "log.txt",
        "options.json",
        "preset",
        "samples_000000000.png",
        "samples_000000008.png",
        "samples_000000016.png",
        "stats.csv",
    ]
    names = [path.name for path in Checkpoint.files(run / "checkpoints")]
    assert names == ["checkpoint_000000016.npz", "checkpoint_000000008.npz"]
    with open(run / "stats.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["images_seen"] for row in rows] == ["8", "16"]
    assert {"epoch", "seconds", "images_per_second"} <= set(rows[0])
    assert {"discriminator_loss", "generator_loss", "direction_cosine"} <= set(rows[0])
    log = (run / "log.txt").read_text().splitlines()
    assert "8 of 16 images" in log[0] and "16 of 16 images" in log[1]
    assert load_preset(run).generate(2, seed=0).shape == (2, 32, 32, 1)
    history = json.loads((run / "preset" / "history.json").read_text())
    assert history["images_seen"] == [8, 16] and len(history["generator_loss"]) == 2
    recipe = (run / "preset" / "recipe.json").read_text()
    assert json.loads(recipe)["command"].startswith("keras-san train --data noise --width 4 ")
    assert str(data.parent) not in recipe


def test_options_json(run, data):
    description = json.loads((run / "options.json").read_text())
    options = description["options"]
    assert options["data"] == str(data.resolve())
    assert options["loss"] == "hinge" and options["discriminator_steps"] == 1
    assert options["generator_learning_rate"] == 0.0002
    assert len(description["data"]["sha256"]) == 64
    assert description["data"]["num_images"] == 40
    assert description["versions"].keys() == {"keras_san", "keras", "backend"}
    assert description["command"].startswith("keras-san train --data ")


def test_the_recorded_command_gives_the_same_run(run, capsys):
    description = json.loads((run / "options.json").read_text())
    command = shlex.split(description["command"])
    assert command[:2] == ["keras-san", "train"]
    assert dry_run(capsys, *command[2:]) == description


def interrupted(arguments, number, wait_for):
    """Starts a run in a process of its own and signals it when a file matches `wait_for`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "keras_san", "train", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 200
    while not wait_for() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    output, error = process.communicate(timeout=100)
    return process.returncode, output, error


def test_ctrl_c_saves_first_and_resume_is_exact(data, tmp_path, capsys):
    arguments = ["--data", data, *TINY, "--mirror", "--conditional"]
    arguments += ["--discriminator-steps", 2, "--snapshot-images", 16]
    broken = tmp_path / "broken"
    code, output, error = interrupted(
        [*arguments, "--images", 10_000_000, "--out", broken],
        signal.SIGINT,
        wait_for=lambda: any(broken.glob("*/checkpoints/*.npz")),
    )
    assert code == 130, error
    run = only_run(broken)
    assert f"To go on: keras-san train --resume {run}" in output
    assert (run / "preset" / "config.json").is_file()
    seen = images_of_newest(run)
    assert (run / f"samples_{seen:09d}.png").is_file()

    # The time is up at once, but its clock begins after the first step.
    assert train("--resume", run, "--minutes", 1e-6) == 0
    assert seen + 16 <= images_of_newest(run) <= seen + 32
    assert f"To go on: keras-san train --resume {run}" in capsys.readouterr().out

    # Neither run ends with a whole tick.
    total = images_of_newest(run) + 24
    assert train("--resume", run, "--images", total) == 0
    assert "To go on" not in capsys.readouterr().out
    assert json.loads((run / "options.json").read_text())["options"]["images"] == total
    assert train(*arguments, "--images", total, "--out", tmp_path / "whole") == 0
    whole = only_run(tmp_path / "whole")
    resumed, straight = (
        arrays_of(Checkpoint.files(folder / "checkpoints")[0]) for folder in (run, whole)
    )
    assert resumed.keys() == straight.keys()
    different = [name for name in straight if not np.array_equal(resumed[name], straight[name])]
    assert not different
    with open(run / "stats.csv", newline="") as file:
        images = [int(row["images_seen"]) for row in csv.DictReader(file)]
    assert images == sorted(set(images)) and images[-1] == total


def test_resume_refuses_other_options(run, capsys):
    assert train("--resume", run, "--width", 8, "--mirror") == 2
    error = capsys.readouterr().err
    assert "--mirror, --width cannot be given with it" in error
    assert "expected only --data, --images, --minutes, --measures" in error


def test_resume_with_nothing_left(run, capsys):
    assert train("--resume", run) == 0
    assert "nothing to do: 16 images were seen" in (run / "log.txt").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="locks of Unix")
def test_resume_of_a_run_that_is_being_trained(run, capsys):
    before = (run / "options.json").read_text()
    with RunFolder.open(run).held():
        assert train("--resume", run, "--images", 32) == 2
    assert "another process is training this run" in capsys.readouterr().err
    assert (run / "options.json").read_text() == before
    with RunFolder.open(run).held():
        pass


def test_resume_of_another_folder(tmp_path, capsys):
    assert train("--resume", tmp_path) == 2
    assert "not a run folder, it has no options.json" in capsys.readouterr().err


def test_resume_with_other_data(run, tmp_path, capsys):
    copy = shutil.copytree(run, tmp_path / "run")
    description = json.loads((copy / "options.json").read_text())
    description["data"]["sha256"] = "0" * 64
    (copy / "options.json").write_text(json.dumps(description))
    assert train("--resume", copy, "--images", 100) == 2
    assert "is not what this run was trained on" in capsys.readouterr().err


def test_a_bad_loss_ends_the_run_with_its_name(data, tmp_path, capsys):
    arguments = ["--data", data, *TINY, "--discriminator-learning-rate", 1e30]
    assert train(*arguments, "--out", tmp_path, "--images", 10_000) == 1
    error = capsys.readouterr().err
    assert "Training stopped after" in error and "Traceback" not in error
    assert f"are in {only_run(tmp_path)}" in error
    for path in Checkpoint.files(only_run(tmp_path) / "checkpoints"):
        arrays = arrays_of(path).values()
        assert all(np.isfinite(array).all() for array in arrays if array.dtype.kind == "f")


def test_dry_run_makes_nothing(data, tmp_path, capsys):
    out = tmp_path / "runs"
    options = ["--data", data, *TINY, "--head", "dense", "--loss", "non_saturating"]
    options += ["--conditional", "--discriminator-steps", 3, "--ema-half-life", 500]
    options += ["--generator-learning-rate", "1e-3", "--mixed-precision", "mixed_bfloat16"]
    description = dry_run(capsys, *options, "--out", out)
    assert not out.exists()
    resolved = description["options"]
    assert resolved["head"] == "dense" and resolved["loss"] == "non_saturating"
    assert resolved["discriminator_steps"] == 3 and resolved["ema_half_life"] == 500
    assert resolved["generator_learning_rate"] == 0.001
    assert resolved["latent_dim"] == 8
    assert description["data"]["num_classes"] == 2
    assert description["model"]["images_per_step"] == 12


def test_conditioning(data, tmp_path, capsys):
    options = ["--data", data, *TINY, "--conditional", "--out", tmp_path / "runs"]
    parameters = [
        dry_run(capsys, *options, "--conditioning", way)["model"]["discriminator_parameters"]
        for way in ("projection", "concat")
    ]
    # With labels as a channel: a plane a class, its kernels, and a head without classes.
    planes = 2 * 32 * 32 + 3 * 3 * 4
    projection, plain = 2 * 32 + 2, 32 + 1 + 32
    assert parameters[1] - parameters[0] == planes + plain - projection


def test_minibatch_std_dev(data, tmp_path, capsys):
    options = ["--data", data, *TINY, "--out", tmp_path / "runs"]
    flag = "--minibatch-std-dev"
    without, with_it = (
        dry_run(capsys, *options, *more)["model"]["discriminator_parameters"]
        for more in ([], [flag])
    )
    # One more channel into the last convolution, 3 x 3 x 32.
    assert with_it - without == 3 * 3 * 32
    assert train(*options, flag, "--images", 4, "--measures", "none") == 0
    preset = only_run(tmp_path / "runs") / "preset"
    assert options_of(preset)["minibatch_std_dev"] is True
    assert options_of("dcgan_mnist_32")["minibatch_std_dev"] is False


def test_normalizer(data, tmp_path, capsys):
    assert training_options.NORMALIZERS == normalizers.NORMALIZERS
    options = ["--data", data, *TINY]
    counts = [
        dry_run(capsys, *options, *more)["model"]["discriminator_parameters"]
        for more in ([], ["--normalizer", "batch"])
    ]
    assert counts[1] > counts[0]
    model = build("dcgan", (32, 32, 3), width=2, discriminator_options={"normalizer": "batch"})
    save_preset(model, tmp_path / "preset")
    assert options_of(tmp_path / "preset")["normalizer"] == "batch"
    assert options_of("dcgan_mnist_32")["normalizer"] is None


def test_feature_network(data, tmp_path, capsys):
    assert training_options.FEATURE_NETWORKS == frozen_network.FEATURE_NETWORKS
    options = ["--data", data, *TINY, "--model", "projected", "--width", 2]
    flags = ["--feature-network", "efficientnet_lite0", "--feature-network", "pixels"]
    one, same, both = (
        dry_run(capsys, *options, *more)["model"]["discriminator_parameters"]
        for more in ([], flags[:2], flags)
    )
    assert one == same < both
    pair = {"feature_network": ["efficientnet_lite0", "pixels"]}
    for name, networks in (("pair", pair), ("one", {})):
        model = build("projected", (32, 32, 3), width=2, discriminator_options=networks)
        save_preset(model, tmp_path / name)
    assert options_of(tmp_path / "pair")["feature_network"] == ["efficientnet_lite0", "pixels"]
    assert options_of(tmp_path / "one")["feature_network"] is None


def test_classes_alike(data, tmp_path, capsys):
    options = ["--data", data, *TINY, "--model", "projected", "--width", 2, "--classes-alike"]
    assert train(*options, "--dry-run") == 2
    assert (
        "--classes-alike is how classes begin, and this model has none. Add --conditional"
        in capsys.readouterr().err
    )
    assert dry_run(capsys, *options, "--conditional")["options"]["classes_alike"] is True
    networks = {"classes_alike": True}
    model = build(
        "projected",
        (32, 32, 3),
        num_classes=2,
        width=2,
        generator_options=networks,
        discriminator_options=networks,
    )
    save_preset(model, tmp_path / "preset")
    assert options_of(tmp_path / "preset")["classes_alike"] is True


def test_self_modulation(data, tmp_path, capsys):
    options = ["--data", data, *TINY, "--model", "projected", "--conditional", "--width", 2]
    flag = "--self-modulation"
    without, with_it = (
        dry_run(capsys, *options, "--latent-dim", 3, *more)["model"]["generator_parameters"]
        for more in ([], [flag])
    )
    # The three latents into gain and bias of two normalisations a block: 8, 16 and 32 pixels.
    assert with_it - without == 3 * 2 * 2 * 2 * (16 + 8 + 4)
    arguments = {"width": 2, "latent_dim": 3, "generator_options": {"self_modulation": True}}
    save_preset(build("projected", (32, 32, 3), **arguments), tmp_path / "preset")
    assert options_of(tmp_path / "preset")["self_modulation"] is True
    assert options_of("dcgan_mnist_32")["self_modulation"] is False


def test_the_generator_may_have_a_width_of_its_own(data, tmp_path, capsys):
    options = ["--data", data, *TINY, "--out", tmp_path / "runs"]
    narrow = ["--generator-width", 2]
    both, one = (dry_run(capsys, *options, *more)["model"] for more in ([], narrow))
    assert one["discriminator_parameters"] == both["discriminator_parameters"]
    assert one["generator_parameters"] < both["generator_parameters"]


def test_numbers_of_runs(tmp_path):
    (tmp_path / "00007-old").mkdir()
    (tmp_path / "00008-a-b").symlink_to(tmp_path / "no_longer_there")
    (tmp_path / "00009-a-b").touch()
    (tmp_path / "notes").mkdir()
    names = [RunFolder.create(tmp_path, "a-b").path.name for _ in range(2)]
    assert names == ["00010-a-b", "00011-a-b"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--data is missing"),
        (["--data", "sample", "--model", "vae"], "--model vae: unknown architecture; expected one"),
        (["--data", "sample", "--resolution", "33"], "--resolution 33: dcgan is built for 32, 64"),
        (
            ["--data", "sample", "--loss", "l3"],
            "--loss l3: unknown objective; expected one",
        ),
        (["--data", "sample", "--conditioning", "concat"], "Add --conditional"),
        (
            ["--data", "sample", "--model", "sngan", "--minibatch-std-dev"],
            "--minibatch-std-dev is not for --model sngan",
        ),
        (["--data", "sample", "--self-modulation"], "--self-modulation is not for --model dcgan"),
        (
            ["--data", "sample", "--feature-network", "pixels"],
            "--feature-network is not for --model dcgan",
        ),
        (["--data", "sample", "--top-k-images", "9"], "--top-k-images 9: it has no effect without"),
        (
            ["--data", "sample", "--head", "dense", "--direction-weight", "3"],
            "--direction-weight 3.0: it has no effect without a SAN --head",
        ),
        (
            ["--data", "sample", "--penalty", "none", "--penalty", "r1"],
            "--penalty none stands alone. Received: none, r1",
        ),
        (["--data", "no_such_folder"], "data must be a folder, an .npz file or one of"),
        (["--data", "sample", "--batch-size", "6000", "--width", "4"], "Lower --batch-size"),
    ],
)
def test_errors_are_one_line(arguments, message, tmp_path, capsys):
    assert train(*arguments, "--out", tmp_path / "runs") == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.strip().splitlines()) == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "arguments",
    [["--images", "0"], ["--batch-size", "x"], ["--minutes", "nan"], ["--head", "conv"], ["--x"]],
)
def test_wrong_values_are_usage_errors(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        train("--data", "sample", *arguments)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    # No names of our functions.
    assert arguments[0] in error and "positive" not in error


def test_an_out_that_is_a_file_is_refused_at_once(tmp_path, capsys):
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "runs"):
        assert train("--data", "sample", "--width", "4", "--out", out) == 2
        error = capsys.readouterr().err
        assert f"--out {out}" in error and "is a file. Name a folder." in error


@pytest.mark.parametrize(
    "words", [["--resolution", "64"], ["--head", "dense"], ["--width", "8"], ["--model", "sngan"]]
)
def test_fine_tuning_keeps_the_networks_of_the_preset(words, tmp_path, capsys):
    folder = build("dcgan", (32, 32, 1), width=4).save_preset(tmp_path / "preset")
    options = ["--preset", folder, "--data", "sample", *words, "--out", tmp_path / "runs"]
    assert train(*options) == 2
    error = capsys.readouterr().err
    assert f"{' '.join(words)}: --preset {folder} has " in error
    assert f"Leave {words[0]} out." in error


def test_measures_and_the_best(data, tmp_path):
    # The last state is measured too, though it falls on no snapshot.
    arguments = ["--data", data, *TINY[:-2], "--images", 12, "--snapshot-images", 8]
    measured = ["--measures", "kid", "--measure-images", 8]
    assert train(*arguments, *measured, "--out", tmp_path) == 0
    run = only_run(tmp_path)
    with open(run / "stats.csv", newline="") as file:
        values = [float(row["val_kid_effnetlite0_8_train"]) for row in csv.DictReader(file)]
    assert len(values) == 2
    best = json.loads((run / "best" / "config.json").read_text())
    assert best["metrics"]["kid_effnetlite0_8_train"]["value"] == pytest.approx(min(values))
    assert load_preset(run / "best").generate(1).shape == (1, 32, 32, 1)
    last = json.loads((run / "preset" / "config.json").read_text())
    assert last["metrics"]["kid_effnetlite0_8_train"]["value"] == pytest.approx(values[-1])
    assert list((run / "real_statistics").iterdir())


def test_an_unknown_measure_is_refused_at_once(data, tmp_path, capsys):
    assert train("--data", data, "--measures", "fid", "--out", tmp_path / "runs") == 2
    assert "Unknown measure: 'fid'" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
