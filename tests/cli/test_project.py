"""`keras-san project` writes what the library finds."""

import numpy as np
import pytest
from PIL import Image

from keras_san.cli.main import main
from keras_san.metrics.extractors import get
from keras_san.presets import load_preset
from keras_san.sampling import project


@pytest.mark.parametrize("extractor", ["none", "mnistclassifier"])
def test_projection(conditional_preset, tmp_path, capsys, extractor):
    # A colour photo of another size: it becomes a grey square of the model's size.
    photo = np.random.default_rng(0).integers(0, 256, (48, 64, 3), "uint8")
    Image.fromarray(photo).save(tmp_path / "photo.png")
    out = tmp_path / "out"
    options = ["--preset", str(conditional_preset), "--image", str(tmp_path / "photo.png")]
    options += ["--steps", "2", "--starts", "2", "--extractor", extractor, "--out", str(out)]
    assert main(["project", *options]) == 0
    picture = np.asarray(Image.open(out / "projection.png"))
    assert picture.shape == (36, 70)
    given, made = picture[2:34, 2:34], picture[2:34, 36:68]
    features = None if extractor == "none" else get(extractor)
    found = project(
        load_preset(conditional_preset), given[None, :, :, None], features, starts=2, steps=2
    )
    assert np.abs(made.astype(int) - found.images[0, :, :, 0]).max() <= 1
    with np.load(out / "projection.npz") as arrays:
        np.testing.assert_allclose(arrays["latents"], found.latents, atol=1e-4)
        assert arrays["labels"] == found.labels
    assert f"loss {found.losses[0]:.3g}"[:9] in capsys.readouterr().out


def test_a_damaged_file_is_named(tiny_preset, tmp_path, capsys):
    path = tmp_path / "half.png"
    path.write_bytes(b"\x89PNG\r\n")
    assert main(["project", "--preset", str(tiny_preset), "--image", str(path)]) == 2
    assert "half.png cannot be read" in capsys.readouterr().err


def test_a_file_in_the_way_is_found_before_the_work(tiny_preset, tmp_path, capsys):
    Image.new("L", (8, 8)).save(tmp_path / "photo.png")
    (tmp_path / "notes.txt").write_text("mine")
    options = ["--preset", str(tiny_preset), "--out", str(tmp_path / "notes.txt")]
    for command in (["project", "--image", str(tmp_path / "photo.png")], ["generate"]):
        assert main([*command, *options]) == 2
        assert "notes.txt is a file. Name a folder." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--image", "no_such.png"], "--image no_such.png: there is no such file"),
        (["--label", "3"], "unconditional"),
        (["--label", "3,4"], "an image is of one class"),
        (["--label", "cat"], "--label cat: 'cat' is not a number"),
        (["--extractor", "nothing"], "nothing"),
    ],
)
def test_bad_options_write_nothing(tiny_preset, tmp_path, capsys, options, message):
    Image.new("L", (8, 8)).save(tmp_path / "photo.png")
    options = ["--image", str(tmp_path / "photo.png"), *options]
    out = tmp_path / "out"
    assert main(["project", "--preset", str(tiny_preset), *options, "--out", str(out)]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()
