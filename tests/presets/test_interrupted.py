"""Saving over a preset, stopped in the middle."""

import os

import pytest

import keras_san
from keras_san.presets import save


@pytest.mark.parametrize("stop", [1, 2])
def test_a_whole_preset_is_left(folder, new_model, monkeypatch, stop):
    (folder / "notes.txt").write_text("mine", "utf-8")
    moves = []

    def replace(source, target):
        moves.append(target)
        if len(moves) == stop:
            raise KeyboardInterrupt
        return os_replace(source, target)

    os_replace = os.replace
    monkeypatch.setattr(save.os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        new_model().save_preset(folder)
    monkeypatch.undo()
    keras_san.SANModel.from_preset(folder)
    new_model().save_preset(folder)
    assert (folder / "notes.txt").read_text("utf-8") == "mine"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
