"""SNGAN and BigGAN-deep at 32 pixels, unconditional, in plain PyTorch: the loop of `torch_loop`.

Every module creates its parameters in the order in which ours creates them, so that weights go
over as lists.
"""

import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.plain import torch_loop


class Loop(torch_loop.Loop):
    """Trains a residual network from given weights; the arguments are those of `torch_loop.Loop`.

    Args:
        weights: dict of "generator" and "discriminator" to lists of arrays in Keras's layouts,
            and of "generator_vectors" and "discriminator_vectors" to those of the power
            iterations.
    """

    def __init__(self, network, weights, precision, epsilon=1e-7):
        self.network = network
        self.memory_format = torch.channels_last
        mixed = precision == "mixed_bfloat16"
        self.autocast = dict(dtype=torch.bfloat16, enabled=mixed)
        self.dtype = torch.bfloat16 if mixed else torch.float32
        generator, discriminator = self._build(network)
        self.generator = generator.to(memory_format=self.memory_format)
        self.discriminator = discriminator.to(memory_format=self.memory_format)
        for name, module in self._players().items():
            _load(module, weights[name], weights[f"{name}_vectors"])
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        adam = dict(lr=network.learning_rate, betas=network.betas, eps=epsilon, fused=True)
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), **adam)
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), **adam)
        self.images_seen = 0

    def _build(self, network):
        return [module(network) for module in _MODULES[network.name]]

    def _players(self):
        return {"generator": self.generator, "discriminator": self.discriminator}

    def update_discriminator(self, real, latents):
        with torch.no_grad():
            self.generator.normalize_kernels(self.dtype, keep=False)
        return super().update_discriminator(real, latents)

    def update_generator(self, latents):
        self.generator.normalize_kernels(self.dtype, keep=True)
        return super().update_generator(latents)

    def weights(self):
        """The weights in the form they were given in."""
        players = self._players() | {"average": self.average}
        return {name: [_array(p) for p in module.parameters()] for name, module in players.items()}


def _load(module, arrays, vectors):
    parameters = list(module.parameters())
    own_vectors = [buffer for name, buffer in module.named_buffers() if name.endswith("vector")]
    with torch.no_grad():
        for parameter, array in zip(parameters, arrays, strict=True):
            parameter.copy_(_turned(torch.tensor(array), (3, 2, 0, 1)))
        for buffer, array in zip(own_vectors, vectors, strict=True):
            buffer.copy_(torch.tensor(array))


def _array(parameter):
    return np.array(_turned(parameter.detach(), (2, 3, 1, 0)))


def _turned(tensor, order):
    """Between the layouts of Keras and PyTorch."""
    if tensor.ndim == 4:
        return tensor.permute(order)
    return tensor.T if tensor.ndim == 2 and 1 not in tensor.shape else tensor


class SpectralLinear(nn.Linear):
    """A linear layer whose kernel is divided by its largest singular value."""

    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.register_buffer("vector", torch.zeros(self.out_features))

    normalize = torch_loop.SpectralConv2d.normalize

    def forward(self, x):
        return functional.linear(x.to(self.normalized.dtype), self.normalized, self.bias)


class SpectralConv2d(torch_loop.SpectralConv2d):
    """A convolution that keeps the size, its kernel divided by its largest singular value."""

    def __init__(self, before, after, size, bias=True):
        super().__init__(before, after, size, padding=size // 2, bias=bias)
        self.register_buffer("vector", torch.zeros(after))


class Normalized(nn.Module):
    """What has spectrally normalised layers inside."""

    def normalize_kernels(self, dtype, keep):
        for layer in self.modules():
            if hasattr(layer, "vector"):
                layer.normalize(dtype, keep)


def _batch_normalization(channels, affine=True):
    return nn.BatchNorm2d(channels, 1e-5, 0.1, affine=affine)


def _up(x):
    return functional.interpolate(x, scale_factor=2)


class SNGANGeneratorBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.normalization1 = _batch_normalization(channels)
        self.convolution1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.normalization2 = _batch_normalization(channels)
        self.convolution2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.shortcut = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        y = self.convolution1(_up(functional.relu(self.normalization1(x))))
        y = self.convolution2(functional.relu(self.normalization2(y)))
        return y + _up(self.shortcut(x))


class SNGANGenerator(Normalized):
    def __init__(self, network):
        super().__init__()
        channels = 4 * network.width
        self.dense = nn.Linear(network.latent_dim, 16 * channels)
        self.blocks = nn.Sequential(*(SNGANGeneratorBlock(channels) for _ in range(3)))
        self.normalization = _batch_normalization(channels)
        self.to_image = nn.Conv2d(channels, 3, 3, padding=1)

    def forward(self, latents):
        x = self.dense(latents).view(len(latents), 4, 4, -1).permute(0, 3, 1, 2)
        x = functional.relu(self.normalization(self.blocks(x)))
        return torch.tanh(self.to_image(x).float())


class SNGANDiscriminatorBlock(nn.Module):
    def __init__(self, before, channels, downsample, first):
        super().__init__()
        self.downsample, self.first = downsample, first
        self.convolution1 = SpectralConv2d(before, channels, 3)
        self.convolution2 = SpectralConv2d(channels, channels, 3)
        self.shortcut = SpectralConv2d(before, channels, 1) if downsample else None

    def forward(self, x):
        y = x if self.first else functional.relu(x)
        y = self.convolution2(functional.relu(self.convolution1(y)))
        if not self.downsample:
            return y + x
        return functional.avg_pool2d(y, 2) + self.shortcut(functional.avg_pool2d(x, 2))


class SNGANDiscriminator(Normalized):
    def __init__(self, network):
        super().__init__()
        channels = 2 * network.width
        self.blocks = nn.Sequential(
            SNGANDiscriminatorBlock(3, channels, True, True),
            SNGANDiscriminatorBlock(channels, channels, True, False),
            SNGANDiscriminatorBlock(channels, channels, False, False),
            SNGANDiscriminatorBlock(channels, channels, False, False),
        )
        self.head = _head(channels)

    def forward(self, images):
        return functional.relu(self.blocks(images)).sum((2, 3))


class ConditionalNormalization(nn.Module):
    def __init__(self, channels, features):
        super().__init__()
        self.normalization = _batch_normalization(channels, affine=False)
        self.gain = SpectralLinear(features, channels, bias=False)
        self.bias = SpectralLinear(features, channels, bias=False)

    def forward(self, x, condition):
        gain, bias = (layer(condition)[:, :, None, None] for layer in (self.gain, self.bias))
        return (1.0 + gain) * self.normalization(x) + bias


class DeepGeneratorBlock(nn.Module):
    def __init__(self, before, channels, upsample, features):
        super().__init__()
        self.channels, self.upsample = channels, upsample
        hidden = before // 4
        self.normalizations = nn.ModuleList(
            ConditionalNormalization(width, features) for width in (before, *[hidden] * 3)
        )
        self.convolutions = nn.ModuleList(
            SpectralConv2d(*shape)
            for shape in (
                (before, hidden, 1),
                (hidden, hidden, 3),
                (hidden, hidden, 3),
                (hidden, channels, 1),
            )
        )

    def forward(self, x, condition):
        y = x
        for index in range(4):
            y = functional.relu(self.normalizations[index](y, condition))
            y = _up(y) if index == 1 and self.upsample else y
            y = self.convolutions[index](y)
        x = x[:, : self.channels]
        return y + (_up(x) if self.upsample else x)


class Attention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.gate = nn.Parameter(torch.zeros(()))
        narrow, wide = channels // 8, channels // 2
        self.query = SpectralConv2d(channels, narrow, 1, bias=False)
        self.key = SpectralConv2d(channels, narrow, 1, bias=False)
        self.value = SpectralConv2d(channels, wide, 1, bias=False)
        self.output = SpectralConv2d(wide, channels, 1, bias=False)

    def forward(self, x):
        queries = self.query(x).flatten(2)
        keys = functional.max_pool2d(self.key(x), 2).flatten(2)
        values = functional.max_pool2d(self.value(x), 2).flatten(2)
        attention = (queries.transpose(1, 2) @ keys).float().softmax(-1).to(values.dtype)
        attended = (values @ attention.transpose(1, 2)).unflatten(2, x.shape[2:])
        return self.gate * self.output(attended) + x


# Channels before and after in multiples of the width, and whether the map doubles.
_DEEP_BLOCKS = (
    (8, 8, False),
    (8, 8, True),
    (8, 8, False),
    (8, 4, True),
    (4, 4, False),
    (4, 2, True),
)


class DeepGenerator(Normalized):
    def __init__(self, network):
        super().__init__()
        width, features = network.width, network.latent_dim
        self.dense = SpectralLinear(features, 16 * 8 * width)
        self.blocks = nn.ModuleList()
        for before, after, upsample in ((8, 8, 0), (8, 8, 1), (8, 8, 0), (8, 4, 1)):
            self.blocks.append(
                DeepGeneratorBlock(before * width, after * width, upsample, features)
            )
        self.blocks.append(Attention(4 * width))
        for before, after, upsample in ((4, 4, 0), (4, 2, 1)):
            self.blocks.append(
                DeepGeneratorBlock(before * width, after * width, upsample, features)
            )
        self.normalization = _batch_normalization(2 * width)
        self.to_image = SpectralConv2d(2 * width, 3, 3)

    def forward(self, latents):
        x = self.dense(latents).view(len(latents), 4, 4, -1).permute(0, 3, 1, 2)
        for block in self.blocks:
            x = block(x) if isinstance(block, Attention) else block(x, latents)
        return torch.tanh(self.to_image(functional.relu(self.normalization(x))).float())


class DeepDiscriminatorBlock(nn.Module):
    def __init__(self, before, channels, downsample):
        super().__init__()
        self.downsample = downsample
        hidden = channels // 4
        self.convolutions = nn.ModuleList(
            SpectralConv2d(*shape)
            for shape in (
                (before, hidden, 1),
                (hidden, hidden, 3),
                (hidden, hidden, 3),
                (hidden, channels, 1),
            )
        )
        missing = channels - before
        self.shortcut = SpectralConv2d(before, missing, 1) if missing else None

    def forward(self, x):
        y = x
        for index in range(4):
            y = functional.relu(y)
            y = functional.avg_pool2d(y, 2) if index == 3 and self.downsample else y
            y = self.convolutions[index](y)
        x = functional.avg_pool2d(x, 2) if self.downsample else x
        if self.shortcut is not None:
            x = torch.cat([x, self.shortcut(x)], 1)
        return x + y


class DeepDiscriminator(Normalized):
    def __init__(self, network):
        super().__init__()
        width = network.width
        self.from_image = SpectralConv2d(3, width, 3)
        self.blocks = nn.Sequential(
            DeepDiscriminatorBlock(width, 2 * width, True),
            DeepDiscriminatorBlock(2 * width, 2 * width, False),
            Attention(2 * width),
            DeepDiscriminatorBlock(2 * width, 4 * width, True),
            DeepDiscriminatorBlock(4 * width, 4 * width, False),
            DeepDiscriminatorBlock(4 * width, 8 * width, True),
            DeepDiscriminatorBlock(8 * width, 8 * width, False),
        )
        self.head = _head(8 * width)

    def forward(self, images):
        return functional.relu(self.blocks(self.from_image(images))).sum((2, 3))


def _head(features):
    kernel, scale, bias = ((features, 1), (1,), (features,))
    return torch_loop.SANHead(*(np.zeros(shape, "float32") for shape in (kernel, scale, bias)))


_MODULES = {
    "sngan": (SNGANGenerator, SNGANDiscriminator),
    "biggan_deep": (DeepGenerator, DeepDiscriminator),
}
