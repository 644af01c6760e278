"""The frame of the command: help, version, errors."""

import re
import subprocess
import sys

import pytest

import keras_san
from keras_san.cli.main import COMMANDS, main

PROBE = """
import sys, time
sys.argv[0] = "keras-san"  # as the console script has it
from keras_san.cli.main import main
try:
    main({arguments})
except SystemExit:
    pass
heavy = {{"keras", "numpy", "jax", "tensorflow", "torch", "h5py", "rich"}} & set(sys.modules)
print("\\nHEAVY", sorted(heavy), "CPU", time.process_time())
"""


@pytest.mark.parametrize("arguments", [["--help"], ["generate", "--help"], ["train", "--help"]])
def test_help_starts_no_backend(arguments):
    result = subprocess.run(
        [sys.executable, "-c", PROBE.format(arguments=arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "HEAVY []" in result.stdout, result.stdout
    # The promise of one second is held by importing nothing; this only catches a gross break.
    assert float(re.search(r"CPU (.*)", result.stdout)[1]) < 5


def test_module_runs_the_command():
    result = subprocess.run(
        [sys.executable, "-m", "keras_san", "--help"], capture_output=True, text=True, check=True
    )
    assert "usage: keras-san" in result.stdout


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    for command, summary in COMMANDS.items():
        assert re.search(rf"^ +{command}\s", text, re.MULTILINE)
        assert summary in " ".join(text.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_is_clean(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    text = capsys.readouterr().out
    assert "--verbosity {debug,info,warning,error}" in text
    for flag in ("--stderrthreshold", "--logtostderr", "--log_dir", "--pdb"):
        assert flag not in text


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"keras-san {keras_san.__version__}\n"


def test_no_command_is_an_error(capsys):
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


@pytest.mark.parametrize("position", ["before", "after", "absent"])
def test_error_is_one_line_and_debug_shows_more(capsys, position):
    command = ["generate", "--preset", "no_such_preset"]
    debug = ["--verbosity", "debug"]
    arguments = {"before": debug + command, "after": command + debug, "absent": command}[position]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    last = error.strip().splitlines()[-1]
    assert last.startswith("keras-san: error: Unknown preset 'no_such_preset'")
    assert ("Traceback" in error) == (position != "absent")
    assert (len(error.strip().splitlines()) == 1) == (position == "absent")


def test_options_are_not_abbreviated(capsys):
    with pytest.raises(SystemExit):
        main(["generate", "--preset", "x", "--seed", "3"])
    assert "--seed" in capsys.readouterr().err


def test_options_from_a_file(tmp_path, tiny_preset):
    flags = tmp_path / "options.txt"
    flags.write_text(f"--preset={tiny_preset}\n--seeds=4\n--out={tmp_path / 'images'}\n")
    assert main(["generate", f"--flagfile={flags}"]) == 0
    assert (tmp_path / "images" / "seed0004.png").is_file()


def test_a_missing_backend_tells_what_to_install(monkeypatch, capsys):
    def run(arguments):
        raise ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow")

    monkeypatch.setattr("keras_san.cli.presets.run", run)
    assert main(["presets"]) == 2
    error = capsys.readouterr().err
    assert 'pip install "keras-san[tensorflow]"' in error and "KERAS_BACKEND (jax, torch)" in error


def test_another_package_run_as_a_module_finds_the_classes(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").write_text("import keras_san\n")
    (tmp_path / "mine" / "look.py").write_text(
        "import keras\n"
        "assert keras.saving.get_registered_object('keras_san>SANModel') is not None\n"
    )
    subprocess.run([sys.executable, "-m", "mine.look"], cwd=tmp_path, check=True)
