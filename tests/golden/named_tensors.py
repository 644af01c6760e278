"""Layers of plain PyTorch that draw their tensors, channels first, for `make_convert.py`."""

import pathlib
import sys

import torch
from torch.nn import functional

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from drawn_tensors import draw_one  # noqa: E402


class Tensors:
    """The tensors of a case, drawn when first asked for."""

    def __init__(self, case):
        self.case, self.arrays = case, {}

    def __call__(self, name, *shape):
        if name not in self.arrays:
            self.arrays[name] = draw_one(self.case, name, shape, self.arrays)
        return torch.tensor(self.arrays[name])

    def kernel(self, name, shape, form):
        """A kernel, divided by the norm that the codebase's form of spectral norm finds."""
        weight = self(f"{name}.weight_orig" if form == "torch" else f"{name}.weight", *shape)
        matrix = weight.reshape(shape[0], -1)
        if form is None:
            return weight
        if form == "torch":
            left, right = (
                self(f"{name}.weight_u", shape[0]),
                self(f"{name}.weight_v", matrix.shape[1]),
            )
            return weight / (left @ (matrix @ right))
        # The norm half an iteration further than the stored vector.
        left = self(f"{name}.{form}", 1, shape[0])
        right = functional.normalize(left @ matrix)
        left = functional.normalize(right @ matrix.T)
        return weight / (right @ matrix.T @ left.T).squeeze()

    def convolution(self, x, name, filters, size=3, form=None, bias=True):
        kernel = self.kernel(name, (filters, x.shape[1], size, size), form)
        return functional.conv2d(
            x, kernel, self(f"{name}.bias", filters) if bias else None, padding=size // 2
        )

    def dense(self, x, name, units, form=None, bias=True):
        kernel = self.kernel(name, (units, x.shape[1]), form)
        return functional.linear(x, kernel, self(f"{name}.bias", units) if bias else None)

    def normalized(self, x, mean, variance, epsilon):
        mean, variance = self(mean, x.shape[1]), self(variance, x.shape[1])
        return (x - mean[:, None, None]) / torch.sqrt(variance[:, None, None] + epsilon)

    def batch_norm(self, x, name, gain="weight", statistics=("running_mean", "running_var")):
        y = self.normalized(x, *(f"{name}.{part}" for part in statistics), 1e-5)
        gain, bias = self(f"{name}.{gain}", x.shape[1]), self(f"{name}.bias", x.shape[1])
        return y * gain[:, None, None] + bias[:, None, None]


def modulated(x, gain, bias):
    return x * gain[:, :, None, None] + bias[:, :, None, None]


def twice(x):
    return functional.interpolate(x, scale_factor=2, mode="nearest")


def half(x):
    return functional.avg_pool2d(x, 2)


def attention(t, x, names, gate, form):
    """`names` of theta, phi, g and the output."""
    batch, channels, height, width = x.shape
    theta, phi, g = (
        t.convolution(x, name, channels // part, 1, form, bias=False)
        for name, part in zip(names, (8, 8, 2), strict=False)
    )
    phi, g = (functional.max_pool2d(maps, 2).flatten(2) for maps in (phi, g))
    weights = torch.softmax(torch.einsum("bcq,bck->bqk", theta.flatten(2), phi), -1)
    y = torch.einsum("bck,bqk->bcq", g, weights).reshape(batch, channels // 2, height, width)
    return x + gate * t.convolution(y, names[3], channels, 1, form, bias=False)
