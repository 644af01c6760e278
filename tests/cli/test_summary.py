"""`keras-san summary` shows both networks."""

import json

import pytest

from keras_san.cli.main import main


def test_architecture(capsys):
    options = ["--resolution", "32", "--channels", "1", "--width", "4", "--head", "dense"]
    assert main(["summary", "--model", "dcgan", *options]) == 0
    output = capsys.readouterr().out
    assert output.count("Output Shape") == 2
    assert "generator: " in output
    assert "discriminator: " in output


def test_preset_counts_what_its_config_states(tiny_preset, capsys):
    assert main(["summary", "--preset", str(tiny_preset)]) == 0
    output = capsys.readouterr().out
    parameters = json.loads((tiny_preset / "config.json").read_text())["parameters"]
    for network, count in parameters.items():
        assert f"{network}: {count:,} trainable parameters" in output


def test_unknown_architecture_lists_the_known(capsys):
    assert main(["summary", "--model", "dcgam"]) == 2
    error = capsys.readouterr().err
    assert "dcgam" in error
    assert "dcgan" in error


def test_classes_are_counted(capsys):
    assert main(["summary", "--model", "dcgan", "--num-classes", "-1"]) == 2
    assert "--num-classes -1: expected 0 or more" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--model", "dcgan", "--preset", "x"]])
def test_one_source(options, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["summary", *options])
    assert stop.value.code == 2
    assert "--preset" in capsys.readouterr().err


def test_a_preset_has_its_own_options(tiny_preset, capsys):
    assert main(["summary", "--preset", str(tiny_preset), "--width", "3", "--head", "dense"]) == 2
    assert "--width, --head: for --model" in capsys.readouterr().err
