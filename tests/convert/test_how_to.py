"""The how-to on a PyTorch generator of one's own runs, and computes what that generator does."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest
from drawn_tensors import draw

import keras_san

HOW_TO = Path(__file__).parents[2] / "docs" / "how_to_bring_your_own_pytorch_generator.md"
SHAPES = {
    "label_emb.weight": (10, 10),
    "l1.0.weight": (6272, 20),
    "l1.0.bias": (6272,),
    "conv_blocks.2.weight": (128, 128, 3, 3),
    "conv_blocks.2.bias": (128,),
    "conv_blocks.6.weight": (64, 128, 3, 3),
    "conv_blocks.6.bias": (64,),
    "conv_blocks.9.weight": (1, 64, 3, 3),
    "conv_blocks.9.bias": (1,),
} | {
    f"conv_blocks.{number}.{part}": (channels,)
    for number, channels in ((0, 128), (3, 128), (7, 64))
    for part in ("weight", "bias", "running_mean", "running_var")
}


def theirs(torch, t, latents, labels):
    """The generator of the how-to in PyTorch."""
    functional = torch.nn.functional

    def norm(x, number, epsilon):
        parts = ("running_mean", "running_var", "weight", "bias")
        given = [t[f"conv_blocks.{number}.{part}"] for part in parts]
        return functional.batch_norm(x, *given, eps=epsilon)

    def convolution(x, number):
        kernel, bias = (t[f"conv_blocks.{number}.{part}"] for part in ("weight", "bias"))
        return functional.conv2d(x, kernel, bias, padding=1)

    x = torch.cat([latents, t["label_emb.weight"][labels]], -1)
    x = functional.linear(x, t["l1.0.weight"], t["l1.0.bias"]).reshape(-1, 128, 7, 7)
    x = functional.interpolate(norm(x, 0, 1e-5), scale_factor=2)
    x = torch.relu(norm(convolution(x, 2), 3, 0.8))
    x = torch.relu(norm(convolution(functional.interpolate(x, scale_factor=2), 6), 7, 0.8))
    return torch.tanh(convolution(x, 9)).permute(0, 2, 3, 1).numpy()


def test_the_how_to_runs(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    # In place of the file that the reader downloads: the same names and shapes.
    tensors = {name: torch.tensor(array) for name, array in draw("how_to", SHAPES).items()}
    torch.save(tensors | {"conv_blocks.0.num_batches_tracked": torch.tensor(7)}, "generator.pth")
    namespace = {"__name__": HOW_TO.name}
    for block in re.findall(r"```python\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL):
        exec(compile(block, HOW_TO.name, "exec"), namespace)
    assert namespace["digits"].shape == (10, 28, 28, 1)
    latents, labels = np.random.RandomState(0).normal(size=(3, 10)).astype("float32"), [1, 4, 7]
    expected = theirs(torch, tensors, torch.tensor(latents), labels)
    found = namespace["generator"]([latents, np.array(labels, "int32")])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), expected, atol=1e-4)
    same = keras_san.SANModel.from_preset("wgan_gp_mnist_28")
    images = same.generate(10, labels=range(10), seed=0).astype("int32")
    assert np.abs(images - namespace["digits"]).max() <= 1
