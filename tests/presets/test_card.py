"""The card and the samples of a preset."""

import json
import re

import numpy as np
from PIL import Image

from keras_san.presets.card import model_card

SECTIONS = [
    "What it is",
    "How to use it",
    "Training data and licence",
    "Recipe",
    "Metrics",
    "Limits",
]


def test_card_has_its_sections_and_facts(saved):
    card = (saved / "README.md").read_text()
    assert re.findall(r"^## (.*)$", card, re.MULTILINE) == SECTIONS
    assert 'SANModel.from_preset("dcgan_shapes_32")' in card
    for fact in ("shapes", "CC0-1.0", "500", "ab" * 32, "keras-san train --data shapes"):
        assert fact in card
    assert "| kid_pixels | 0.25 | 500 images, seed 0 |" in card
    assert "| batch_size | 64 |\n| loss: name | hinge |" in card
    assert "license: apache-2.0" in card


def test_card_uses_three_lines(saved):
    code = re.search(r"```python\n(.*?)```", (saved / "README.md").read_text(), re.DOTALL)[1]
    assert len([line for line in code.splitlines() if line]) == 3
    compile(code, "card", "exec")


def test_card_says_what_is_not_stated(saved):
    config = json.loads((saved / "config.json").read_text())
    config.update(data={}, metrics={}, license={"code": "Apache-2.0", "weights": None})
    card = model_card(config, {})
    assert "| Licence of the data | not stated |" in card
    assert "None measured." in card
    assert "\nlicense:" not in card


def test_card_lists_several_licences(saved):
    config = json.loads((saved / "config.json").read_text())
    config["license"]["weights"] = "Apache-2.0 AND CC-BY-4.0"
    card = model_card(config, {})
    assert "\nlicense: [apache-2.0, cc-by-4.0]\n" in card
    assert "| Licence of the weights | Apache-2.0 AND CC-BY-4.0 |" in card


def test_samples_are_the_seeds_0_to_63(saved, model):
    samples = np.asarray(Image.open(saved / "samples.png")).astype(int)
    image = model.generate(seeds=[63])[0, :, :, 0].astype(int)
    assert samples.shape == (8 * 34 + 2, 8 * 34 + 2)
    assert np.abs(samples[-34:-2, -34:-2] - image).max() <= 1
