"""Every built-in preset, as it lies in the zoo."""

import re
import shutil
import subprocess
import sys

import pytest

from keras_san import presets
from keras_san.features import shipped
from keras_san.presets import layout, registry


@pytest.mark.parametrize("name", presets.names())
def test_built_in_preset_is_whole(name):
    folder = registry.folder(name)
    config = presets.info(name)
    assert config["name"] == name
    for network in layout.networks_in(config):
        layout.check_file(folder, layout.weights_file(network), config)
    for file in (layout.CARD, layout.RECIPE, layout.HISTORY, layout.SAMPLES):
        assert (folder / file).is_file()
    assert config["data"]["license"]
    assert config["license"]["weights"]
    tag = re.escape(str(config["resolution"]))
    assert re.fullmatch(rf"[a-z0-9_]+_{tag}(_[a-z0-9]+)?", name)


def test_unknown_name():
    with pytest.raises(ValueError, match="Unknown preset 'none_such'"):
        presets.info("none_such")


def test_listing_needs_no_backend():
    code = (
        "import sys\n"
        "sys.argv[0] = 'keras-san'  # as the console script has it\n"
        "from keras_san import presets\n"
        "[presets.info(name) for name in presets.names()]\n"
        "heavy = {'keras', 'jax', 'tensorflow', 'torch', 'numpy'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_only_preset_folders_are_listed(tmp_path, monkeypatch, saved):
    shutil.copytree(saved, tmp_path / "dcgan_shapes_32")
    (tmp_path / "tools").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text("{}")
    (tmp_path / "README.md").write_text("zoo")
    monkeypatch.setattr(shipped.resources, "files", lambda package: tmp_path)
    assert presets.names() == ["dcgan_shapes_32"]
    assert presets.info("dcgan_shapes_32")["resolution"] == 32
    assert presets.load_preset("dcgan_shapes_32").image_shape == (32, 32, 1)


def test_there_is_a_built_in_preset():
    assert "dcgan_fashion_mnist_32" in presets.names()
