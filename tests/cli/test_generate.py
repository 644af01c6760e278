"""`keras-san generate` writes what `model.generate` draws."""

import numpy as np
import pytest
from PIL import Image

from keras_san.cli.main import main
from keras_san.data.grid import image_grid
from keras_san.presets import load_preset


def read(path):
    """The pixels of a grey picture, with an axis for the channel."""
    return np.asarray(Image.open(path))[:, :, None]


def test_images_and_grid_equal_the_models(tiny_preset, tmp_path, capsys):
    options = ["--preset", str(tiny_preset), "--seeds", "0-2,20", "--truncation", "0.7"]
    assert main(["generate", *options, "--columns", "2", "--out", str(tmp_path)]) == 0
    expected = load_preset(tiny_preset).generate(seeds=[0, 1, 2, 20], truncation=0.7)
    names = ["seed0000.png", "seed0001.png", "seed0002.png", "seed0020.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grid.png", *names]
    for name, image in zip(names, expected, strict=True):
        np.testing.assert_array_equal(read(tmp_path / name), image)
    np.testing.assert_array_equal(read(tmp_path / "grid.png"), image_grid(expected, columns=2))
    output = capsys.readouterr().out
    assert f"wrote 4 images to {tmp_path}" in output
    assert str(tmp_path / "grid.png") in output


@pytest.mark.parametrize(("text", "labels"), [("3", [3, 3, 3]), ("0-1", [0, 1, 0])])
def test_labels_go_to_the_seeds_in_turn(conditional_preset, tmp_path, text, labels):
    options = ["--preset", str(conditional_preset), "--seeds", "0-2", "--labels", text]
    assert main(["generate", *options, "--out", str(tmp_path)]) == 0
    expected = load_preset(conditional_preset).generate(seeds=[0, 1, 2], labels=labels)
    for seed, image in enumerate(expected):
        np.testing.assert_array_equal(read(tmp_path / f"seed{seed:04d}.png"), image)


def test_batch_size_changes_nothing(tiny_preset, tmp_path):
    for size in ("1", "64"):
        options = ["--preset", str(tiny_preset), "--seeds", "0-2", "--batch-size", size]
        assert main(["generate", *options, "--out", str(tmp_path / size)]) == 0
    first, second = (read(tmp_path / size / "grid.png").astype(int) for size in ("1", "64"))
    assert np.abs(first - second).max() <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seeds", "0-"], "--seeds 0-: '0-' is not a number or a range"),
        (["--labels", "x"], "--labels x: 'x' is not a number or a range"),
        (["--labels", "3"], "labels"),
        (["--seeds", "3,0-4"], "--seeds 3,0-4: a seed comes twice"),
        (["--truncation", "-1"], "truncation"),
    ],
)
def test_bad_options_write_nothing(tiny_preset, tmp_path, capsys, options, message):
    out = tmp_path / "out"
    assert main(["generate", "--preset", str(tiny_preset), *options, "--out", str(out)]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("keras-san: error: ")
    assert message in error
    assert len(error.splitlines()) == 1
    assert not out.exists()


@pytest.mark.parametrize("option", ["--batch-size", "--columns", "--truncation"])
def test_numbers_are_checked_when_parsed(option, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["generate", "--preset", "x", option, "none"])
    assert stop.value.code == 2
    assert f"argument {option}" in capsys.readouterr().err


def test_images_from_before_are_told_of(tiny_preset, tmp_path, caplog):
    options = ["generate", "--preset", str(tiny_preset), "--out", str(tmp_path)]
    for seeds, told in (("0-3", False), ("0-3", False), ("2-5", True)):
        caplog.clear()
        with caplog.at_level("WARNING", "absl"):
            assert main([*options, "--seeds", seeds]) == 0
        assert ("holds 2 more images" in caplog.text) == told
