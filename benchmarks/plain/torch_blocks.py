"""Residual blocks as plain `nn.Module`s: SNGAN's generator block, BigGAN-deep's generator block."""

import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm


class SNGANBlock(nn.Module):
    """BN ReLU up conv3 BN ReLU conv3, shortcut conv1 up."""

    def __init__(self, channels):
        super().__init__()
        self.normalization1 = nn.BatchNorm2d(channels)
        self.convolution1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.normalization2 = nn.BatchNorm2d(channels)
        self.convolution2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.shortcut = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        y = functional.interpolate(functional.relu(self.normalization1(x)), scale_factor=2)
        y = self.convolution2(functional.relu(self.normalization2(self.convolution1(y))))
        return y + functional.interpolate(self.shortcut(x), scale_factor=2)


class ConditionalNorm(nn.Module):
    """Batch normalisation modulated by two spectrally normalised linear layers."""

    def __init__(self, channels, features):
        super().__init__()
        self.normalization = nn.BatchNorm2d(channels, affine=False)
        self.gain = spectral_norm(nn.Linear(features, channels, bias=False))
        self.bias = spectral_norm(nn.Linear(features, channels, bias=False))

    def forward(self, x, condition):
        gain, bias = (layer(condition)[:, :, None, None] for layer in (self.gain, self.bias))
        return (1.0 + gain) * self.normalization(x) + bias


class BigGANDeepBlock(nn.Module):
    """Four convolutions through a quarter of the channels, doubling the map."""

    def __init__(self, channels, features):
        super().__init__()
        hidden = channels // 4
        widths = ((channels, hidden, 1), (hidden, hidden, 3), (hidden, hidden, 3))
        widths += ((hidden, channels, 1),)
        self.normalizations = nn.ModuleList(ConditionalNorm(w[0], features) for w in widths)
        self.convolutions = nn.ModuleList(
            spectral_norm(nn.Conv2d(before, after, size, padding=size // 2))
            for before, after, size in widths
        )

    def forward(self, x, condition):
        y = x
        for index in range(4):
            y = functional.relu(self.normalizations[index](y, condition))
            y = functional.interpolate(y, scale_factor=2) if index == 1 else y
            y = self.convolutions[index](y)
        return y + functional.interpolate(x, scale_factor=2)


class PlainBlock:
    """A block with its training step (mean of squares, SGD) and its inference, both timed.

    Args:
        module: one of the modules above.
        inputs: list of arrays, maps channels-last.
    """

    def __init__(self, module, inputs):
        self.module = module.to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.SGD(module.parameters(), lr=1e-3)
        maps = torch.from_numpy(np.moveaxis(inputs[0], -1, 1).copy())
        self.inputs = [maps.contiguous(memory_format=torch.channels_last)]
        self.inputs += [torch.from_numpy(array) for array in inputs[1:]]

    def training_seconds(self, steps):
        """Time of steps, one after the other."""
        self.module.train()
        start = time.perf_counter()
        for _ in range(steps):
            self.optimizer.zero_grad()
            loss = self.module(*self.inputs).square().mean()
            loss.backward()
            self.optimizer.step()
            float(loss)
        return time.perf_counter() - start

    def inference_seconds(self, steps):
        """Time of calls in inference mode."""
        self.module.eval()
        start = time.perf_counter()
        with torch.no_grad():
            for _ in range(steps):
                float(self.module(*self.inputs).sum())
        return time.perf_counter() - start
