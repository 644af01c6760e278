"""`keras-san evaluate`: models and folders against real images."""

import json
import shutil

import numpy as np
import pytest

from keras_san.cli.main import main
from keras_san.data import save_png

TINY = ["--count", "24", "--extractor", "fashionmnistclassifier", "--batch-size", "12"]


def evaluate(*arguments):
    return main(["evaluate", *map(str, arguments)])


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two folders of noise, and one of mixed sizes."""
    root = tmp_path_factory.mktemp("folders")
    random = np.random.default_rng(0)
    for name, size in (("a", 28), ("b", 28), ("mixed", 28)):
        for index in range(24):
            image = random.integers(0, 256, (size, size, 3), "uint8")
            save_png(image, root / name / f"{index:02}.png")
    save_png(np.zeros((30, 30, 3), "uint8"), root / "mixed" / "z.png")
    save_png(np.zeros((30, 20, 3), "uint8"), root / "oblong" / "z.png")
    (root / "empty").mkdir()
    return root


@pytest.mark.filterwarnings("ignore:.*singular covariance:UserWarning")
def test_a_preset(tiny_preset, tmp_path, capsys):
    path = tmp_path / "out" / "numbers.json"
    assert evaluate("--preset", tiny_preset, "--data", "sample", *TINY, "--json", path) == 0
    output = capsys.readouterr().out.splitlines()
    assert output[0].split("  ")[0] == "measure" and "real against real" in output[0]
    names = [line.split()[0] for line in output[1:7]]
    assert names == [
        f"{name}_fashionmnistclassifier_24_train"
        for name in ("fd", "kid", "precision", "recall", "density", "coverage")
    ]
    assert output[1].endswith("(24 images each)")
    assert output[7].startswith("protocol: 24 generated and 24 real images (train) of 32 x 32")
    content = json.loads(path.read_text())
    assert content["data"] == "fashion_mnist_sample"
    assert [result["name"] for result in content["results"]] == names
    assert content["results"][0]["floor"]["value"] > 0.0
    assert len(content["results"][0]["protocol"]["extractor_sha256"]) == 64


def test_json_that_cannot_be_written_is_refused_first(tiny_preset, tmp_path, capsys):
    (tmp_path / "file").touch()
    for place, message in (
        (tmp_path, "is a folder. Name a file."),
        (tmp_path / "file" / "numbers.json", "is a file. Name a folder."),
    ):
        # The data are looked for later.
        assert evaluate("--preset", tiny_preset, "--data", "nowhere", "--json", place) == 2
        assert message in capsys.readouterr().err


def test_classes(conditional_preset, capsys):
    arguments = ["--preset", conditional_preset, "--data", "sample", *TINY]
    assert evaluate(*arguments, "--measures", "fidelity,iss") == 0
    assert "fidelity_fashionmnistclassifier_24_train" in capsys.readouterr().out


def test_folder_against_folder(folders, tmp_path, capsys):
    arguments = ["--preset", folders / "a", "--data", folders / "b", *TINY, "--measures", "kid"]
    assert evaluate(*arguments, "--cache", tmp_path) == 0
    first = capsys.readouterr().out
    assert "kid_fashionmnistclassifier_24_train" in first and "28 x 28" in first
    assert len(list(tmp_path.glob("real_*.npz"))) == 1
    assert evaluate(*arguments, "--cache", tmp_path) == 0
    assert capsys.readouterr().out == first
    mixed = ["--preset", folders / "mixed", "--data", folders / "b", *TINY, "--measures", "kid"]
    assert evaluate(*mixed, "--resolution", 32) == 0
    assert "32 x 32" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "data", "options", "message"),
    [
        ("mixed", "b", [], "mixed sizes: 00.png is 28 x 28 pixels, z.png is 30 x 30"),
        ("oblong", "b", [], "are 20 x 30 pixels, not square"),
        ("empty", "b", [], "No image found in"),
        ("a", "empty", [], "No image found in"),
        ("a", "b", ["--measures", "fid"], "Unknown measure: 'fid'. Expected some of fd, kid"),
        ("a", "b", ["--extractor", "vgg"], "Unknown extractor: 'vgg'"),
        ("a", "b", ["--measures", "memorisation"], "pass held_out"),
        ("nowhere", "b", [], "Unknown preset"),
    ],
)
def test_errors_are_one_line(name, data, options, message, folders, capsys):
    assert evaluate("--preset", folders / name, "--data", folders / data, *options) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.strip().splitlines()) == 1


def test_what_generate_writes(tiny_preset, tmp_path, capsys):
    assert (
        main(["generate", "--preset", str(tiny_preset), "--seeds", "0-23", "--out", str(tmp_path)])
        == 0
    )
    arguments = ["--preset", tmp_path, "--data", "sample", *TINY, "--measures", "kid"]
    assert evaluate(*arguments, "--resolution", 32, "--count", 100) == 0
    output = capsys.readouterr().out
    # Without the sheet, and grey as the real ones.
    assert "24 generated" in output
    assert "are read as greyscale" in output


@pytest.mark.filterwarnings("ignore:.*singular covariance:UserWarning")
def test_sheets_of_every_folder_are_left_out(folders, tmp_path, capsys):
    image = np.zeros((28, 28, 3), "uint8")
    for place in ("one", "two"):
        for index in range(6):
            save_png(image + 20 * index, tmp_path / place / f"seed{index:04}.png")
        for sheet in ("grid", "classes", "interpolation"):
            save_png(np.zeros((99, 50, 3), "uint8"), tmp_path / place / f"{sheet}.png")
    arguments = ["--preset", tmp_path, "--data", folders / "b", *TINY, "--measures", "kid"]
    assert evaluate(*arguments) == 0
    assert "_12against24_" in capsys.readouterr().out


def test_a_model_has_its_own_resolution(tiny_preset, capsys):
    arguments = ["--preset", tiny_preset, "--data", "sample", *TINY]
    assert evaluate(*arguments, "--resolution", 64) == 2
    assert "draws 32 x 32 pixels" in capsys.readouterr().err


def test_a_file_that_is_no_image_is_named(tmp_path, folders, capsys):
    (tmp_path / "bad.png").write_bytes(b"no image")
    assert evaluate("--preset", tmp_path, "--data", folders / "b", *TINY) == 2
    assert "bad.png' cannot be read" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:The image file .*:UserWarning")
def test_a_broken_file_can_be_skipped(folders, tmp_path, capsys):
    broken = shutil.copytree(folders / "a", tmp_path / "broken")
    (broken / "zz.png").write_bytes(b"no image")
    arguments = [*TINY, "--measures", "kid"]
    for pair in (["--preset", broken, "--data", folders / "b"],) + (
        ["--preset", folders / "b", "--data", broken],
    ):
        assert evaluate(*pair, *arguments) == 2
        assert "--on-error skip" in capsys.readouterr().err
        assert evaluate(*pair, *arguments, "--on-error", "skip") == 0
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    (nothing / "a.png").write_bytes(b"no image")
    arguments += ["--preset", nothing, "--data", folders / "b", "--on-error", "skip"]
    assert evaluate(*arguments) == 2
    assert "None of the 1 images" in capsys.readouterr().err


def test_it_says_which_images_lack_labels(folders, capsys):
    arguments = ["--preset", folders / "a", "--data", "sample", *TINY, "--measures", "fidelity"]
    assert evaluate(*arguments, "--resolution", 28) == 2
    assert "but the generated images have none" in capsys.readouterr().err


def test_a_path_length_names_the_weights_it_looks_through(tiny_preset, tmp_path):
    file = tmp_path / "ppl.json"
    arguments = ["--preset", tiny_preset, "--data", "sample", "--measures", "ppl", "--count", 2]
    assert evaluate(*arguments, "--json", file) == 0
    protocol = json.loads(file.read_text())["results"][0]["protocol"]
    assert protocol["extractor"] == "effnetlite0maps" and len(protocol["extractor_sha256"]) == 64
