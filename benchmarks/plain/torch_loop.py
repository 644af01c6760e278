"""The training step in plain PyTorch, eager: `nn.Module`, autograd, `torch.optim.Adam`.

Spectral normalisation is written out: PyTorch's own forms repeat the power iteration at each call
of the discriminator, which here scores real and fake images apart, where one an update is enough.
"""

import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class Loop:
    """Trains one network from given weights.

    Args:
        network: `benchmarks.plain.networks.Network`.
        weights: as `benchmarks.weights.read` makes it.
        precision: "float32", or "mixed_bfloat16" for `torch.autocast`.
        epsilon: float, of Adam.
        channels_last: bool, the memory format of maps and kernels.
    """

    def __init__(self, network, weights, precision, epsilon=1e-7, channels_last=True):
        memory_format = torch.channels_last if channels_last else torch.contiguous_format
        to = dict(memory_format=memory_format)
        self.network = network
        self.memory_format = memory_format
        mixed = precision == "mixed_bfloat16"
        self.autocast = dict(dtype=torch.bfloat16, enabled=mixed)
        self.dtype = torch.bfloat16 if mixed else torch.float32
        self.generator = Generator(network, weights["generator"]).to(**to)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.discriminator = Discriminator(network, weights).to(**to)
        adam = dict(lr=network.learning_rate, betas=network.betas, eps=epsilon, fused=True)
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), **adam)
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), **adam)
        self.images_seen = 0

    def run(self, images, batch_size):
        """One epoch over uint8 images `(count, height, width, channels)`, shuffled."""
        images = torch.from_numpy(images)
        for rows in torch.randperm(len(images)).split(batch_size):
            losses = self.step(images[rows])
        return {name: float(value) for name, value in losses.items()}

    def step(self, images, latents=None):
        """One update of each player; returns the losses."""
        if latents is None:
            latents = torch.randn(2, len(images), self.network.latent_dim)
        real = images.permute(0, 3, 1, 2).contiguous(memory_format=self.memory_format)
        real = real.float() / 127.5 - 1.0
        losses = self.update_discriminator(real, latents[0])
        losses |= self.update_generator(latents[1])
        self.update_average(len(images))
        return losses

    def update_discriminator(self, real, latents):
        with torch.no_grad(), torch.autocast("cpu", **self.autocast):
            fake = self.generator(latents).float()
        self.discriminator.requires_grad_(True)
        self.discriminator.normalize_kernels(self.dtype, keep=True)
        real, real_direction = self.score(real)
        fake, fake_direction = self.score(fake)
        loss = torch.relu(1.0 - real).mean() + torch.relu(1.0 + fake).mean()
        direction_loss = fake_direction.mean() - real_direction.mean()
        self.discriminator_optimizer.zero_grad()
        (loss + direction_loss).backward()
        self.discriminator_optimizer.step()
        self.discriminator.head.project()
        return {"discriminator_loss": loss.detach(), "direction_loss": direction_loss.detach()}

    def update_generator(self, latents):
        self.discriminator.requires_grad_(False)
        self.discriminator.normalize_kernels(self.dtype, keep=False)
        with torch.autocast("cpu", **self.autocast):
            fake = self.generator(latents).float()
        loss = -self.score(fake)[0].mean()
        self.generator_optimizer.zero_grad()
        loss.backward()
        self.generator_optimizer.step()
        return {"generator_loss": loss.detach()}

    def score(self, images):
        with torch.autocast("cpu", **self.autocast):
            features = self.discriminator(images)
        return self.discriminator.head(features.float())

    @torch.no_grad()
    def update_average(self, batch_size):
        decay = self.network.decay(batch_size, self.images_seen)
        pairs = zip(self.average.parameters(), self.generator.parameters(), strict=True)
        for average, parameter in pairs:
            average.lerp_(parameter, 1.0 - decay)
        names = (name for name, _ in self.average.named_buffers())
        pairs = zip(names, self.average.buffers(), self.generator.buffers(), strict=True)
        for name, average, buffer in pairs:
            if name.endswith(("running_mean", "running_var")):
                average.lerp_(buffer, 1.0 - decay)
            else:
                average.copy_(buffer)
        self.images_seen += batch_size

    def inference(self):
        """A function of latents to images, arrays, with the stored batch statistics."""
        generator = self.generator.eval()

        @torch.no_grad()
        def generate(latents):
            return generator(torch.from_numpy(latents)).permute(0, 2, 3, 1).numpy()

        return generate

    def weights(self):
        """The weights in the form they were given in."""
        discriminator = [_read(layer) for layer in self.discriminator.layers]
        return {
            "generator": self.generator.weights(),
            "average": self.average.weights(),
            "discriminator": discriminator,
            "head": {
                name: parameter.detach().numpy()
                for name, parameter in self.discriminator.head.named_parameters()
            },
        }


class Generator(nn.Module):
    """Latents to images in [-1, 1], channels first."""

    def __init__(self, network, weights):
        super().__init__()
        self.network = network
        self.dense = nn.Linear(network.latent_dim, network.start[0] ** 2 * network.start[1])
        _fill(self.dense, weights[0])
        layers, channels = [], network.start[1]
        for layer, arrays in zip(network.generator, weights[1:], strict=True):
            block = [_convolution(layer, channels, arrays)]
            channels = layer.channels
            if layer.normalization == "batch":
                block.append(_batch_normalization(network, channels, arrays))
            layers.append(nn.Sequential(*block, _activation(layer)))
        self.layers = nn.Sequential(*layers)

    def forward(self, latents):
        side, channels = self.network.start
        x = functional.leaky_relu(self.dense(latents), self.network.start_slope)
        x = x.view(-1, side, side, channels).permute(0, 3, 1, 2)
        if self.layers[0][0].weight.is_contiguous():
            x = x.contiguous()
        images = self.layers(x)
        return 2.0 * images - 1.0 if self.network.unit_range else images

    def weights(self):
        layers = [_read(self.dense)]
        for block in self.layers:
            layers.append(_read(block[0]))
            if isinstance(block[1], nn.BatchNorm2d):
                gamma, beta = block[1].weight, block[1].bias
                layers[-1] |= {"gamma": gamma.detach().numpy(), "beta": beta.detach().numpy()}
        return layers


class Discriminator(nn.Module):
    """Images to features, with the head beside."""

    def __init__(self, network, weights):
        super().__init__()
        self.network = network
        # The kernels' inputs, in order: the image's channels come from the first kernel.
        channels = weights["discriminator"][0]["kernel"].shape[2]
        self.layers = nn.ModuleList()
        for layer, arrays in zip(network.discriminator, weights["discriminator"], strict=True):
            self.layers.append(_convolution(layer, channels, arrays))
            channels = layer.channels
        self.head = SANHead(**weights["head"])

    def normalize_kernels(self, dtype, keep):
        for layer in self.layers:
            if isinstance(layer, SpectralConv2d):
                layer.normalize(dtype, keep)

    def forward(self, images):
        x = 0.5 * images + 0.5 if self.network.unit_range else images
        for layer, description in zip(self.layers, self.network.discriminator, strict=True):
            x = functional.leaky_relu(layer(x), description.slope, inplace=True)
        if self.network.sum_pooling:
            return x.sum((2, 3))
        return x.permute(0, 2, 3, 1).flatten(1)


class SpectralConv2d(nn.Conv2d):
    """A convolution whose kernel is divided by its largest singular value."""

    def normalize(self, dtype, keep):
        """One power iteration and the division; the vector moves on for good if `keep`."""
        # In the order in which the kernel lies in memory, so that nothing is copied.
        contiguous = self.weight.is_contiguous()
        matrix = (self.weight if contiguous else self.weight.permute(0, 2, 3, 1)).flatten(1)
        with torch.no_grad():
            right = functional.normalize(self.vector @ matrix, dim=0)
            left = functional.normalize(matrix @ right, dim=0)
            if keep:
                self.vector.copy_(left)
        self.normalized = (self.weight / torch.dot(left, matrix @ right)).to(dtype)

    def forward(self, x):
        return self._conv_forward(x, self.normalized, self.bias)


class SANHead(nn.Module):
    """Scores of features: `(fun, dir)`."""

    def __init__(self, kernel, scale, bias):
        super().__init__()
        self.kernel = nn.Parameter(torch.tensor(kernel))
        self.scale = nn.Parameter(torch.tensor(scale))
        self.bias = nn.Parameter(torch.tensor(bias))

    def forward(self, features):
        features = features + self.bias
        direction = functional.normalize(self.kernel, dim=0)
        scale = self.scale * len(direction) ** 0.5
        fun = features @ direction.detach() * scale
        return fun, features.detach() @ direction * scale.detach()

    @torch.no_grad()
    def project(self):
        self.kernel.copy_(functional.normalize(self.kernel, dim=0))


def _convolution(layer, channels, arrays):
    kind = nn.ConvTranspose2d if layer.transposed else nn.Conv2d
    if layer.normalization == "spectral":
        kind = SpectralConv2d
    padding = (layer.kernel - 1) // 2 if layer.padding == "same" else 0
    module = kind(channels, layer.channels, layer.kernel, layer.strides, padding)
    if layer.normalization == "spectral":
        module.register_buffer("vector", torch.tensor(arrays["vector"]))
    return _fill(module, arrays)


@torch.no_grad()
def _fill(module, arrays):
    kernel = torch.tensor(arrays["kernel"])
    module.weight.copy_(kernel.permute(3, 2, 0, 1) if kernel.ndim == 4 else kernel.T)
    module.bias.copy_(torch.tensor(arrays["bias"]))
    return module


def _read(module):
    kernel = module.weight.detach()
    kernel = kernel.permute(2, 3, 1, 0) if kernel.ndim == 4 else kernel.T
    return {"kernel": np.array(kernel), "bias": module.bias.detach().numpy()}


def _batch_normalization(network, channels, arrays):
    module = nn.BatchNorm2d(channels, network.batch_epsilon, 1.0 - network.batch_momentum)
    with torch.no_grad():
        module.weight.copy_(torch.tensor(arrays["gamma"]))
        module.bias.copy_(torch.tensor(arrays["beta"]))
    return module


def _activation(layer):
    kinds = {"tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "silu": nn.SiLU}
    return nn.ReLU(inplace=True) if layer.activation == "relu" else kinds[layer.activation]()
