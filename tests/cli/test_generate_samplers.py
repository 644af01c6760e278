"""`keras-san generate` with samplers, interpolations and sheets writes what the library draws."""

import numpy as np
import pytest
from PIL import Image

from keras_san.cli import samplers
from keras_san.cli.main import main
from keras_san.data import image_grid, sample, save_png
from keras_san.presets import load_preset
from keras_san.sampling import (
    RejectionSampler,
    calibrate_scores,
    class_sheet,
    interpolate,
    langevin_latents,
    random_labels,
)

# A discriminator that knows real images, those of `sample`.
TRAINED = "dcgan_fashion_mnist_32"


def read(path):
    """The pixels of a grey picture, with an axis for the channel."""
    return np.asarray(Image.open(path)).astype(int)[:, :, None]


def calibration(model):
    """As the command fits it, on the first 64 of the sample."""
    options = {"image_size": 32, "batch_size": 64, "resize": "pad"}
    return calibrate_scores(model, *sample(**options)[0])


def test_rejection_sampling(tiny_preset, tmp_path, capsys):
    options = ["--preset", str(tiny_preset), "--seeds", "4-6", "--sampler", "drs"]
    options += ["--burn-in", "32", "--percentile", "40", "--batch-size", "8"]
    assert main(["generate", *options, "--out", str(tmp_path)]) == 0
    sampler = RejectionSampler(load_preset(tiny_preset), 40.0, burn_in=32, batch_size=8)
    expected = sampler.sample(3, seed=4)
    names = sorted([f"seed{seed:04d}.png" for seed in expected.seeds] + ["grid.png"])
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    difference = read(tmp_path / "grid.png") - image_grid(expected.images)
    assert np.abs(difference).max() <= 1
    assert f"kept {expected.acceptance_rate:.1%}" in capsys.readouterr().out


def test_classes_in_turn_go_on_beyond_the_seeds(conditional_preset, tmp_path):
    options = ["--preset", str(conditional_preset), "--seeds", "0-1", "--labels", "4,7,1"]
    options += ["--sampler", "drs", "--burn-in", "32", "--batch-size", "8"]
    assert main(["generate", *options, "--out", str(tmp_path)]) == 0
    seeds = sorted(int(path.stem[4:]) for path in tmp_path.glob("seed*.png"))
    assert {seed % 3 for seed in seeds} == {0, 1}


def test_latent_sampling_with_calibrated_scores(tmp_path, monkeypatch):
    monkeypatch.setattr(samplers, "CALIBRATION_IMAGES", 64)
    options = ["--preset", TRAINED, "--seeds", "0,7", "--sampler", "ddls"]
    options += ["--steps", "2", "--step-size", "0.1", "--calibrate", "sample", "--resize", "pad"]
    assert main(["generate", *options, "--out", str(tmp_path)]) == 0
    model = load_preset(TRAINED)
    labels = random_labels([0, 7], 10)
    slope = calibration(model).slope
    vectors = langevin_latents(model, [0, 7], labels, steps=2, step_size=0.1, slope=slope)
    images = model.generate_from_latents(vectors, labels)
    assert np.abs(read(tmp_path / "seed0007.png") - images[1]).max() <= 1


def test_calibration_on_class_folders(tmp_path, capsys):
    options = ["--preset", TRAINED, "--seeds", "0", "--sampler", "ddls", "--steps", "1"]
    options += ["--out", str(tmp_path / "out"), "--calibrate", str(tmp_path / "photos")]
    for index, (image, label) in enumerate(zip(*sample(32, 100, resize="pad")[0], strict=True)):
        if label < 9:
            save_png(image, tmp_path / f"photos/{label}/{index}.png")
    assert main(["generate", *options]) == 2
    assert "the model has 10 classes, these images 9" in capsys.readouterr().err
    save_png(np.zeros((32, 32, 1), "uint8"), tmp_path / "photos/9/a.png")
    assert main(["generate", *options]) == 0
    assert (tmp_path / "out" / "seed0000.png").is_file()
    # Pictures that the discriminator finds worse than any generated one.
    for path in (tmp_path / "photos").rglob("*.png"):
        save_png(np.full((32, 32, 1), 128, "uint8"), path)
    assert main(["generate", *options]) == 2
    assert "real images score below generated ones" in capsys.readouterr().err


def test_interpolation(conditional_preset, tmp_path):
    gif = tmp_path / "walk.gif"
    options = ["--preset", str(conditional_preset), "--seeds", "1-3", "--labels", "4"]
    options += ["--interpolate", "linear", "--frames", "3", "--gif", str(gif)]
    assert main(["generate", *options, "--out", str(tmp_path)]) == 0
    model = load_preset(conditional_preset)
    rows = interpolate(model, [1, 2, 3], 3, kind="linear", label=4, closed=True)
    assert np.abs(read(tmp_path / "interpolation.png") - image_grid(rows)).max() <= 1
    with Image.open(gif) as file:
        assert file.n_frames == 6


def test_class_sheet(conditional_preset, tmp_path):
    options = ["--preset", str(conditional_preset), "--seeds", "1-2", "--labels", "0,3,5"]
    assert main(["generate", *options, "--sheet", "classes", "--out", str(tmp_path)]) == 0
    sheet = class_sheet(load_preset(conditional_preset), [1, 2], [0, 3, 5])
    assert np.abs(read(tmp_path / "classes.png") - image_grid(sheet)).max() <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--gif", "a.gif"], "--gif needs --interpolate"),
        (["--interpolate", "linear", "--sheet", "classes"], "--interpolate and --sheet"),
        (["--interpolate", "linear", "--sampler", "drs"], "does not go with --sampler drs"),
        (["--interpolate", "linear", "--labels", "1,2"], "one class"),
        (["--sampler", "drs", "--seeds", "0-3,9"], "needs one range"),
        (["--sampler", "ddls", "--truncation", "0.5"], "--truncation does not go"),
        (["--calibrate", "sample"], "--calibrate is for --sampler drs or ddls"),
        (["--percentile", "5"], "--percentile is for --sampler drs"),
        (["--sampler", "drs", "--steps", "5"], "--steps is for --sampler ddls"),
        (["--sampler", "drs", "--split", "test"], "--split is for --calibrate"),
        (["--frames", "3"], "--frames needs --interpolate"),
        (["--sheet", "classes"], "no classes"),
    ],
)
def test_bad_options_write_nothing(tiny_preset, tmp_path, capsys, options, message):
    out = tmp_path / "out"
    assert main(["generate", "--preset", str(tiny_preset), *options, "--out", str(out)]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()
