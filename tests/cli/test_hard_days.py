"""Broken files, killed runs and measures that cannot work: nothing that was trained is lost."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from keras_san.callbacks import Checkpoint
from keras_san.cli import training
from keras_san.cli.main import main
from keras_san.presets.layout import read_config

TINY = ["--width", "4", "--latent-dim", "8", "--batch-size", "4", "--snapshot-images", "8"]


def train(*arguments):
    return main(["train", *map(str, arguments)])


@pytest.fixture
def photos(tmp_path):
    """A folder of 48 images, of which the last is cut off."""
    folder = tmp_path / "photos"
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(48):
        pixels = random.integers(0, 256, (32, 32, 3), "uint8")
        Image.fromarray(pixels).save(folder / f"{index:02d}.png")
    broken = folder / "47.png"
    broken.write_bytes(broken.read_bytes()[:300])
    return folder


@pytest.mark.filterwarnings("ignore:The image file .*:UserWarning")
def test_a_broken_image_ends_a_run_that_goes_on_without_it(photos, tmp_path, capsys):
    out = tmp_path / "runs"
    options = [*TINY, "--data", photos, "--measures", "none", "--out", out, "--images", 64]
    assert train(*options) == 2
    (run,) = out.iterdir()
    error = capsys.readouterr().err
    assert "--on-error skip" in error and f"keras-san train --resume {run}" in error
    assert train("--resume", run, "--on-error", "skip") == 0
    assert (run / "preset" / "config.json").is_file()


def test_a_run_killed_before_its_preset_gets_it_by_resuming(photos, tmp_path, monkeypatch):
    (photos / "47.png").unlink()
    out = tmp_path / "runs"

    def killed(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training, "save_preset", killed)
        options = [*TINY, "--data", photos, "--measures", "none", "--out", out, "--images", 16]
        assert train(*options) == 130
    (run,) = out.iterdir()
    assert Checkpoint.files(run / "checkpoints") and not (run / "preset" / "config.json").exists()
    evaluate = ["evaluate", "--preset", str(run), "--data", str(photos), "--measures", "kid"]
    assert main(evaluate) == 2
    assert train("--resume", run) == 0
    assert (run / "preset" / "config.json").is_file()


@pytest.mark.filterwarnings("ignore:The image file .*:UserWarning")
def test_a_run_goes_on_with_another_measure(photos, tmp_path):
    (photos / "47.png").unlink()
    out = tmp_path / "runs"
    options = [*TINY, "--data", photos, "--out", out, "--images", 16, "--snapshot-images", 16]
    assert train(*options, "--measures", "kid", "--measure-images", 24) == 0
    (run,) = out.iterdir()
    first = (run / "best" / "config.json").read_bytes()
    assert train("--resume", run, "--images", 32, "--measure-images", 16) == 0
    kept = [path.name for path in run.glob("best*")]
    assert sorted(kept) == ["best", "best_kid_effnetlite0_24_train"]
    assert (run / "best_kid_effnetlite0_24_train" / "config.json").read_bytes() == first
    assert list(read_config(run / "best")["metrics"]) == ["kid_effnetlite0_16_train"]
    # The same measure keeps what is there.
    assert train("--resume", run, "--images", 48) == 0
    assert len(list(run.glob("best*"))) == 2


def test_a_run_that_a_measure_ended_goes_on_without_it(tmp_path, capsys):
    random = np.random.default_rng(0)
    for index in range(25):
        # A class of a single image has no distance.
        folder = tmp_path / "photos" / ("one" if index == 24 else "many")
        folder.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(random.integers(0, 256, (32, 32), "uint8"))
        image.save(folder / f"{index:02d}.png")
    out = tmp_path / "runs"
    options = [*TINY, "--data", tmp_path / "photos", "--conditional", "--out", out, "--images", 16]
    assert train(*options, "--measures", "kid,ifd", "--measure-images", 24) == 2
    (run,) = out.iterdir()
    error = capsys.readouterr().err
    assert "leave the measure out (--measures)" in error
    assert f"keras-san train --resume {run}" in error
    assert train("--resume", run, "--measures", "none") == 0
    assert json.loads((run / "options.json").read_text())["options"]["measures"] == "none"
    assert json.loads((run / "preset" / "config.json").read_text())["images_seen"] == 16


def test_data_that_moved(photos, tmp_path, monkeypatch, capsys):
    (photos / "47.png").unlink()
    out, link = tmp_path / "runs", tmp_path / "link"
    link.symlink_to(photos)
    options = [*TINY, "--measures", "none", "--out", out]
    assert train(*options, "--data", link, "--images", 8) == 0
    (run,) = out.iterdir()
    moved = photos.rename(tmp_path / "elsewhere")
    assert train("--resume", run, "--images", 16) == 2
    assert f"no longer at {link}" in capsys.readouterr().err
    assert train("--resume", run, "--images", 16, "--data", moved) == 0
    link.unlink()
    link.symlink_to(moved)
    assert train("--resume", run, "--images", 24) == 0
    link.unlink()
    assert train("--resume", run, "--images", 32, "--data", tmp_path) == 2
    assert "is not what this run was trained on" in capsys.readouterr().err


def test_data_that_change_while_it_trains(photos, tmp_path, monkeypatch):
    (photos / "47.png").unlink()
    fit = training.Training._fit

    def fit_and_lose_one(self, *arguments):
        received = fit(self, *arguments)
        (photos / "00.png").unlink()
        return received

    monkeypatch.setattr(training.Training, "_fit", fit_and_lose_one)
    options = [*TINY, "--data", photos, "--measures", "none", "--images", 8]
    assert train(*options, "--out", tmp_path / "runs") == 0
    (run,) = (tmp_path / "runs").iterdir()
    description = json.loads((run / "options.json").read_text())
    config = json.loads((run / "preset" / "config.json").read_text())
    assert config["data"]["sha256"] == description["data"]["sha256"]


def test_a_run_killed_before_its_first_row(photos, tmp_path):
    (photos / "47.png").unlink()
    options = [*TINY, "--data", photos, "--measures", "none", "--images", 8]
    assert train(*options, "--out", tmp_path / "runs") == 0
    (run,) = (tmp_path / "runs").iterdir()
    (run / "stats.csv").unlink()
    shutil.rmtree(run / "preset")
    assert train("--resume", run) == 0
    assert (run / "preset" / "config.json").is_file()


def test_a_folder_named_like_a_data_set(tmp_path, monkeypatch, capsys):
    (tmp_path / "sample").mkdir()
    monkeypatch.chdir(tmp_path)
    assert train("--data", "sample", "--conditional", "--width", 4, "--dry-run") == 0
    assert json.loads(capsys.readouterr().out)["data"]["num_classes"] == 10


def test_betas_of_no_optimizer(photos, tmp_path, capsys):
    assert train(*TINY, "--data", photos, "--out", tmp_path / "runs", "--betas", 2, 3) == 2
    assert "below 1" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["empty.npz", "short.npz", "text.pth"])
def test_damaged_checkpoints_of_others(tmp_path, capsys, name):
    path = tmp_path / name
    np.savez(tmp_path / "whole.npz", a=np.zeros(100))
    content = {"empty.npz": b"", "text.pth": b"hello\n"}
    path.write_bytes(content.get(name, (tmp_path / "whole.npz").read_bytes()[:200]))
    if name.endswith(".pth"):
        pytest.importorskip("torch")
    arguments = ["convert", "--from", "mimicry_sngan", str(path), str(tmp_path / "out")]
    assert main(arguments) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.parametrize("content", ["{", "{}", '{"options": {}, "data": {}}', "[]"])
def test_a_damaged_description_of_a_run_is_named(tmp_path, capsys, content):
    (tmp_path / "options.json").write_text(content)
    assert train("--resume", tmp_path) == 2
    error = capsys.readouterr().err
    assert "options.json' is damaged" in error and len(error.strip().splitlines()) == 1
    assert main(["generate", "--preset", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "has no preset yet" in capsys.readouterr().err


def test_what_was_trained_is_saved_before_it_is_measured(tmp_path, capsys):
    # Shorter than a snapshot; a class of one image has no pair to measure.
    data = tmp_path / "pairs.npz"
    images = np.random.default_rng(0).integers(0, 256, (24, 32, 32, 1), "uint8")
    np.savez(data, images=images, labels=np.arange(24) % 12)
    out = tmp_path / "runs"
    options = [*TINY[:6], "--data", data, "--out", out, "--images", 8, "--conditional"]
    assert train(*options, "--measures", "msssim", "--measure-images", 12) == 2
    (run,) = out.iterdir()
    assert f"keras-san train --resume {run}" in capsys.readouterr().err
    (saved,) = Checkpoint.files(run / "checkpoints")
    assert saved.name == "checkpoint_000000008.npz"
    assert train("--resume", run, "--measures", "none") == 0
    assert (run / "preset" / "config.json").is_file()


@pytest.mark.filterwarnings("ignore:The image file .*:UserWarning")
def test_the_steps_before_a_broken_image_are_saved(photos, tmp_path):
    out = tmp_path / "runs"
    options = [*TINY[:4], "--batch-size", 4, "--data", photos, "--measures", "none", "--out", out]
    assert train(*options, "--images", 64) == 2
    (run,) = out.iterdir()
    (saved,) = Checkpoint.files(run / "checkpoints")
    assert 8 < int(saved.stem.removeprefix("checkpoint_")) < 48


def test_a_refused_measure_or_total_leaves_the_run_as_it_was(photos, tmp_path, capsys):
    (photos / "47.png").unlink()
    out = tmp_path / "runs"
    options = [*TINY, "--data", photos, "--out", out, "--images", 16, "--measure-images", 8]
    assert train(*options, "--measures", "kid") == 0
    (run,) = out.iterdir()
    before = json.loads((run / "options.json").read_text())
    for words, message in (
        (["--images", 32, "--measures", "fidelity"], "--measures fidelity: it goes by the classes"),
        (["--images", 32, "--measures", "memorisation"], "keras-san evaluate --preset RUN --held-"),
        (["--images", 8], "--images 8 is the number in all, of which this run has seen 16"),
    ):
        assert train("--resume", run, *words) == 2
        assert message in capsys.readouterr().err
        assert json.loads((run / "options.json").read_text()) == before
        assert (run / "best" / "config.json").is_file()
    assert train("--resume", run, "--images", 24) == 0
    after = json.loads((run / "options.json").read_text())
    assert "--images 24" in after["command"]


@pytest.mark.parametrize("measure", ["memorisation", "fidelity", "ifd"])
def test_a_measure_without_what_it_needs_makes_no_folder(photos, tmp_path, capsys, measure):
    out = tmp_path / "runs"
    assert train(*TINY, "--data", photos, "--out", out, "--measures", measure) == 2
    assert f"--measures {measure}: " in capsys.readouterr().err and not out.exists()


def test_the_best_knows_its_data_and_classes(tmp_path):
    data = tmp_path / "classes.npz"
    images = np.random.default_rng(0).integers(0, 256, (24, 32, 32, 1), "uint8")
    np.savez(data, images=images, labels=np.arange(24) % 2, classes=np.array(["cat", "dog"]))
    out = tmp_path / "runs"
    options = [*TINY, "--data", data, "--out", out, "--images", 16, "--conditional"]
    assert train(*options, "--measures", "kid", "--measure-images", 8) == 0
    (run,) = out.iterdir()
    best, preset = (read_config(run / name) for name in ("best", "preset"))
    assert best["data"] == preset["data"] and best["data"]["class_names"] == ["cat", "dog"]
    assert best["name"] == f"{run.name}-best"
    recipe = json.loads((run / "best" / "recipe.json").read_text())
    assert "--conditional" in recipe["command"]
    words = ["generate", "--preset", run / "best", "--labels", "dog", "--out", tmp_path / "dogs"]
    assert main(list(map(str, words))) == 0
