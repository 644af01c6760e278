"""Broken files, killed runs and measures that cannot work: nothing that was trained is lost."""

import numpy as np
import pytest
from PIL import Image

from keras_san.callbacks import Checkpoint
from keras_san.cli import training
from keras_san.cli.main import main

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
@pytest.mark.parametrize("measures", ["ifd", "fidelity"])
def test_a_measure_that_cannot_work_is_refused_first(photos, tmp_path, capsys, measures):
    out = tmp_path / "runs"
    options = [*TINY, "--data", photos, "--on-error", "skip", "--out", out, "--images", 16]
    assert train(*options, "--measures", measures) == 2
    assert "A measure by class needs" in capsys.readouterr().err
    (run,) = out.iterdir()
    assert not (run / "stats.csv").exists()


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
