"""`keras-san convert` writes what the other commands read, or nothing."""

import numpy as np
import pytest

from keras_san.cli.main import main
from keras_san.convert import names

WIDTH = 1
TENSORS = {
    "fc.weight": (36 * WIDTH, 4),
    "fc.bias": (36 * WIDTH,),
    "g_function.0.weight": (4 * WIDTH, 2 * WIDTH, 4, 4),
    "g_function.0.bias": (2 * WIDTH,),
    "g_function.3.weight": (2 * WIDTH, WIDTH, 4, 4),
    "g_function.3.bias": (WIDTH,),
    "g_function.6.weight": (WIDTH, 1, 6, 6),
    "g_function.6.bias": (1,),
} | {
    f"g_function.{number}.{part}": (channels,)
    for number, channels in ((1, 2 * WIDTH), (4, WIDTH))
    for part in ("weight", "bias", "running_mean", "running_var")
}


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "generator.npz"
    np.savez(path, **{name: np.ones(shape) for name, shape in TENSORS.items()})
    return path


def test_the_preset_generates(checkpoint, tmp_path, capsys):
    out = tmp_path / "preset"
    options = ["--license", "MIT", "--data", "MNIST", "--origin", "https://example.org"]
    assert main(["convert", "--from", "san_simple", str(checkpoint), str(out), *options]) == 0
    assert f"wrote {out}" in capsys.readouterr().out
    images = tmp_path / "images"
    assert main(["generate", "--preset", str(out), "--seeds", "0", "--out", str(images)]) == 0
    assert (images / "seed0000.png").is_file()


def test_a_file_of_weights(checkpoint, tmp_path):
    out = tmp_path / "generator.weights.h5"
    assert main(["convert", "--from", "san_simple", str(checkpoint), str(out)]) == 0
    assert out.is_file()


def test_faults_are_one_line_and_nothing_is_written(checkpoint, tmp_path, capsys):
    np.savez(
        checkpoint, **{"fc.weight": np.ones((36, 4)), "g_function.6.weight": np.ones((1,) * 4)}
    )
    out = tmp_path / "preset"
    assert main(["convert", "--from", "san_simple", str(checkpoint), str(out)]) == 2
    error = capsys.readouterr().err.strip()
    assert len(error.splitlines()) == 1
    assert "missing fc.bias" in error
    assert not out.exists()


def test_help_and_errors_list_the_sources(capsys):
    for options in (["--help"], ["--from", "elsewhere", "a", "b"]):
        with pytest.raises(SystemExit):
            main(["convert", *options])
        captured = capsys.readouterr()
        assert all(name in captured.out + captured.err for name in names())


def test_a_licence_of_no_data(checkpoint, tmp_path, capsys):
    options = ["--data-license", "MIT"]
    out = str(tmp_path / "preset")
    assert main(["convert", "--from", "san_simple", str(checkpoint), out, *options]) == 2
    assert "--data" in capsys.readouterr().err
