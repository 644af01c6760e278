"""`keras-san presets` lists what is built in."""

import json
import re
import shutil

import pytest

from keras_san.cli.main import main
from keras_san.presets import registry


@pytest.fixture
def zoo(tmp_path, monkeypatch, tiny_preset):
    shutil.copytree(tiny_preset, tmp_path / "dcgan_noise_32")
    path = tmp_path / "dcgan_noise_32" / "config.json"
    config = json.loads(path.read_text())
    config["metrics"] = {"kid_inception": {"value": 0.0125, "protocol": "5,000 images"}}
    config["data"] = {"name": "noise"}
    path.write_text(json.dumps(config))
    monkeypatch.setattr(registry, "zoo", lambda: tmp_path)
    return config


def test_table(zoo, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["presets"]) == 0
    output = capsys.readouterr().out
    parameters = f"{zoo['parameters']['generator']:,}"
    for cell in ("dcgan_noise_32", "noise", "32", parameters, "0.0125"):
        assert cell in output


def test_json(zoo, capsys):
    assert main(["presets", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "name": "dcgan_noise_32",
            "data": "noise",
            "resolution": 32,
            "parameters": zoo["parameters"]["generator"],
            "license": None,
            "kid": 0.0125,
        }
    ]


def test_the_column_compares_where_it_can(zoo):
    from keras_san.cli.presets import _row

    other, ours = {"value": 0.5, "protocol": ""}, {"value": 0.25, "protocol": ""}
    metrics = {"kid_mnistclassifier_10k_train": other, "kid_effnetlite0_10k_train": ours}
    assert _row("any", zoo | {"metrics": metrics})["kid"] == 0.25
    assert _row("any", zoo | {"metrics": {}})["kid"] is None


def test_no_presets(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(registry, "zoo", lambda: tmp_path)
    assert main(["presets"]) == 0
    assert capsys.readouterr().out == "no built-in presets\n"


def test_components(capsys):
    assert main(["presets", "--components"]) == 0
    table = capsys.readouterr().out
    assert main(["presets", "--components", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    options = ["model", "head", "conditioning", "loss", "penalty", "augment", "recipe"]
    assert list(found) == options
    assert "r1" in found["penalty"] and "ada" in found["augment"] and "wgan" in found["recipe"]
    assert {"logistic", "began", "hinge"} <= set(found["loss"])
    for option, names in found.items():
        assert f"--{option}: {', '.join(names)}" in table


@pytest.mark.parametrize("columns", [None, "80"])
def test_names_and_numbers_stand_on_one_line(capsys, monkeypatch, columns):
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.setenv("FORCE_COLOR", "1")
    assert main(["presets", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert main(["presets"]) == 0
    lines = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out).splitlines()
    for row in rows:
        (line,) = (line for line in lines if line.split()[:1] == [row["name"]])
        cells = [row["data"], row["resolution"], f"{row['parameters']:,}", row["kid"]]
        cells += [] if columns else [row["license"]]
        assert all(str(cell) in line for cell in cells)
