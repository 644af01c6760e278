"""Classes on the command line, by number and by name."""

import numpy as np
import pytest
from PIL import Image

from keras_san.cli.labels import parse_labels
from keras_san.cli.main import main
from keras_san.data import arrays
from keras_san.models import build
from keras_san.presets import info, load_preset, names

GARMENTS = ("T-shirt/top", "Trouser", "Ankle boot")


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("2", [2]),
        ("0-1, 7", [0, 1, 7]),
        ("ankle boot,TROUSER", [2, 1]),
        ("t_shirt_top,0-1", [0, 0, 1]),
    ],
)
def test_labels(text, labels):
    assert parse_labels(text, GARMENTS) == labels


def test_digits_are_their_own_names():
    assert parse_labels("7,0-2", tuple("0123456789")) == [7, 0, 1, 2]


def test_what_is_no_class():
    message = "--labels hat,1: 'hat' is neither a number or a range of classes nor one of T-shirt"
    with pytest.raises(ValueError, match=message):
        parse_labels("hat,1", GARMENTS)
    with pytest.raises(ValueError, match="--labels 1,hat: 'hat' is not a number or a range"):
        parse_labels("1,hat")


@pytest.mark.parametrize("name", names())
def test_presets_name_their_classes(name):
    config = info(name)
    assert len(config["data"]["class_names"]) == config["num_classes"]


def test_a_preset_keeps_the_names_of_its_data(tmp_path):
    dataset = arrays(
        np.zeros((4, 32, 32, 1), "uint8"), [0, 1, 1, 0], batch_size=2, class_names=["owl", "wren"]
    )
    model = build("dcgan", (32, 32, 1), num_classes=2, width=4)
    folder = model.save_preset(tmp_path / "birds", data=dataset)
    assert "| Classes | 0 owl, 1 wren |" in (folder / "README.md").read_text("utf-8")
    options = ["--preset", str(folder), "--labels", "Wren", "--seeds", "3", "--columns", "1"]
    assert main(["generate", *options, "--out", str(tmp_path / "out")]) == 0
    picture = np.asarray(Image.open(tmp_path / "out" / "seed0003.png"))
    expected = load_preset(folder).generate(seeds=[3], labels=[1])[0, :, :, 0]
    np.testing.assert_array_equal(picture, expected)
