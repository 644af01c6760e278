"""The projected architecture at 32 pixels, unconditional, in plain PyTorch.

EfficientNet-Lite0 with its batch normalisation folded in, random mixing, a discriminator with a
SAN convolution as its head for each of the four mixed maps, FastGAN's generator. Every module
creates its parameters in the order in which ours creates them, so that weights go over as lists.
"""

import torch
from torch import nn
from torch.nn import functional

from benchmarks.plain import torch_loop, torch_residual

# What the feature network sees: 32 pixels enlarged.
FEATURE_SIZE = 64
# (x - 127) / 128 of pixels 0 to 255, for images in [-1, 1].
OFFSET, SCALE = -0.5 / 127.5, 127.5 / 128.0
# Of EfficientNet-Lite0: repeats, kernel, stride, expansion and output channels of each stage.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
# Its last stages at the strides 4, 8, 16 and 32, and their channels.
MAPS = {1: 24, 2: 40, 4: 112, 6: 320}
# Of the discriminators: side and channels of the mixed map, and channels behind each block; the
# channels are multiples of the width.
SCALES = ((32, 1, (4, 8)), (16, 1, (8,)), (8, 2, (8,)), (4, 4, (8,)))


class Loop(torch_residual.Loop):
    """Trains the projected pair from given weights; the arguments are `torch_residual.Loop`'s.

    Args:
        weights: as `torch_residual.Loop` takes them, and "frozen", a list of the arrays of the
            feature network and of the mixing.
    """

    def __init__(self, network, weights, precision, epsilon=1e-7):
        super().__init__(network, weights, precision, epsilon)
        frozen = Frozen(network.discriminator_width)
        _load_convolutions(frozen, weights["frozen"])
        # Cast once: they never change.
        frozen = frozen.to(self.dtype, memory_format=self.memory_format)
        self.frozen = frozen.requires_grad_(False)

    def _build(self, network):
        return Generator(network), Discriminator(network)

    def update_discriminator(self, real, latents):
        with torch.no_grad():
            self.generator.normalize_kernels(self.dtype, keep=False)
            with torch.autocast("cpu", **self.autocast):
                fake = self.generator(latents).float()
            views = [view.chunk(2) for view in self.frozen(torch.cat([real, fake]))]
        self.discriminator.requires_grad_(True)
        # Once for real and fake images, where ours moves the vector in between: the batch
        # normalisation behind takes the factor out again.
        self.discriminator.normalize_kernels(self.dtype, keep=True)
        # Apart: batch normalisation of both together is another network.
        real_scores, fake_scores = (
            self.score([halves[side] for halves in views], direction=True) for side in (0, 1)
        )
        loss = direction_loss = 0.0
        for (real, real_direction), (fake, fake_direction) in zip(
            real_scores, fake_scores, strict=True
        ):
            loss = loss + torch.relu(1.0 - real).mean() + torch.relu(1.0 + fake).mean()
            direction_loss = direction_loss + fake_direction.mean() - real_direction.mean()
        self.discriminator_optimizer.zero_grad()
        (loss + direction_loss).backward()
        self.discriminator_optimizer.step()
        for scale in self.discriminator.scales:
            scale.head.project()
        return {"discriminator_loss": loss.detach(), "direction_loss": direction_loss.detach()}

    def update_generator(self, latents):
        self.discriminator.requires_grad_(False)
        self.discriminator.normalize_kernels(self.dtype, keep=False)
        self.generator.normalize_kernels(self.dtype, keep=True)
        with torch.autocast("cpu", **self.autocast):
            fake = self.generator(latents).float()
        scores = self.score(self.frozen(fake), direction=False)
        loss = -sum(fun.mean() for fun, _ in scores)
        self.generator_optimizer.zero_grad()
        loss.backward()
        self.generator_optimizer.step()
        return {"generator_loss": loss.detach()}

    def score(self, views, direction):
        """A `(fun, dir)` pair a scale; `dir` is None without `direction`."""
        with torch.autocast("cpu", **self.autocast):
            features = self.discriminator(views)
        return [
            scale.head(x.float(), direction)
            for scale, x in zip(self.discriminator.scales, features, strict=True)
        ]


def _load_convolutions(module, arrays):
    """Kernels and biases in Keras's layouts into the convolutions of a module, in order."""
    convolutions = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]
    with torch.no_grad():
        for layer, kernel, bias in zip(convolutions, arrays[::2], arrays[1::2], strict=True):
            order = (2, 3, 0, 1) if layer.groups > 1 else (3, 2, 0, 1)
            layer.weight.copy_(torch.tensor(kernel).permute(order))
            layer.bias.copy_(torch.tensor(bias))


# The frozen part --------------------------------------------------------------------------------


class Convolution(nn.Conv2d):
    """A convolution of maps with even sides that keeps or halves them, and ReLU6 behind it."""

    def __init__(self, before, after, kernel, stride=1, groups=1, activated=True):
        padding = kernel // 2 if stride == 1 else 0
        super().__init__(before, after, kernel, stride, padding, groups=groups)
        # Where it halves the sides, the smaller border is left and above.
        low, high = (kernel - 2) // 2, (kernel - 1) // 2
        self.border = (low, high, low, high) if stride == 2 else None
        self.activated = activated

    def forward(self, x):
        x = x if self.border is None else functional.pad(x, self.border)
        x = super().forward(x)
        return functional.relu6(x, inplace=True) if self.activated else x


class Bottleneck(nn.Module):
    """Wide, depthwise, narrow; the input is added where the shape stays."""

    def __init__(self, before, after, kernel, stride, expansion):
        super().__init__()
        wide = expansion * before
        layers = [Convolution(before, wide, 1)] if expansion > 1 else []
        layers.append(Convolution(wide, wide, kernel, stride, groups=wide))
        layers.append(Convolution(wide, after, 1, activated=False))
        self.layers = nn.Sequential(*layers)
        self.residual = stride == 1 and before == after

    def forward(self, x):
        return x + self.layers(x) if self.residual else self.layers(x)


class EfficientNetLite0(nn.Module):
    """Prepared images to four maps, finest first."""

    def __init__(self):
        super().__init__()
        self.stem = Convolution(3, 32, 3, 2)
        self.stages, before = nn.ModuleList(), 32
        for repeats, kernel, stride, expansion, after in STAGES:
            blocks = []
            for repeat in range(repeats):
                step = 1 if repeat else stride
                blocks.append(Bottleneck(before, after, kernel, step, expansion))
                before = after
            self.stages.append(nn.Sequential(*blocks))

    def forward(self, x):
        x, maps = self.stem(x), []
        for index, stage in enumerate(self.stages):
            x = stage(x)
            if index in MAPS:
                maps.append(x)
        return maps


class Mixing(nn.Module):
    """Maps mixed across channels and scales, each twice as large as before."""

    def __init__(self, width):
        super().__init__()
        self.channels, self.scales = nn.ModuleList(), nn.ModuleList()
        for scale, before in enumerate(MAPS.values()):
            mixed = width * 2**scale
            self.channels.append(nn.Conv2d(before, mixed, 1))
            self.scales.append(nn.Conv2d(mixed, mixed // 2 if scale else mixed, 1))

    def forward(self, maps):
        outputs, coarser = [], None
        for scale in reversed(range(len(maps))):
            x = self.channels[scale](maps[scale])
            x = self.scales[scale](x if coarser is None else x + coarser)
            coarser = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
            outputs.append(coarser)
        return outputs[::-1]


class Frozen(nn.Module):
    """Images in [-1, 1], float32, to what the discriminators judge."""

    def __init__(self, width):
        super().__init__()
        self.network = EfficientNetLite0()
        self.mixing = Mixing(width)

    def forward(self, images):
        x = (images - OFFSET) * SCALE
        x = functional.interpolate(x, FEATURE_SIZE, mode="bilinear", align_corners=False)
        return self.mixing(self.network(x.to(self.network.stem.weight.dtype)))


# The players ------------------------------------------------------------------------------------


class SpectralConv2d(torch_loop.SpectralConv2d):
    """A 4x4 convolution, "same" at even sides, its kernel over its largest singular value."""

    def __init__(self, before, after, stride):
        super().__init__(before, after, 4, stride, padding=1 if stride == 2 else 0)
        self.register_buffer("vector", torch.zeros(after))

    def forward(self, x):
        return super().forward(x if self.stride[0] == 2 else functional.pad(x, (1, 2, 1, 2)))


class SANConv2d(nn.Module):
    """Scores of every position: `(fun, dir)`."""

    def __init__(self, channels):
        super().__init__()
        self.kernel = nn.Parameter(torch.zeros(1, channels, 4, 4))
        self.scale = nn.Parameter(torch.zeros(1))

    def forward(self, features, direction):
        kernel = self.kernel / torch.linalg.vector_norm(self.kernel)
        fun = functional.conv2d(features, kernel.detach()) * self.scale
        if not direction:
            return fun, None
        return fun, functional.conv2d(features.detach(), kernel) * self.scale.detach()

    @torch.no_grad()
    def project(self):
        self.kernel.div_(torch.linalg.vector_norm(self.kernel))


class ScaleDiscriminator(nn.Module):
    """A mixed map to features of 4x4 or 8x8, with the head beside."""

    def __init__(self, side, before, channels):
        super().__init__()
        layers = []
        for after in channels:
            layers.append(SpectralConv2d(before, after, 2 if side >= 8 else 1))
            layers.append(nn.BatchNorm2d(after, 1e-5, 0.1))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            side, before = side // 2, after
        self.layers = nn.Sequential(*layers)
        self.head = SANConv2d(before)

    def forward(self, x):
        return self.layers(x)


class Discriminator(torch_residual.Normalized):
    """Mixed maps to the features of the heads."""

    def __init__(self, network):
        super().__init__()
        width = network.discriminator_width
        self.scales = nn.ModuleList(
            ScaleDiscriminator(side, before * width, [width * multiple for multiple in multiples])
            for side, before, multiples in SCALES
        )

    def forward(self, views):
        return [scale(view) for scale, view in zip(self.scales, views, strict=True)]


class FirstMap(nn.Module):
    """A transposed convolution of one position to 4x4, which is a matrix product."""

    def __init__(self, before, after):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(before, after, 4, 4))
        self.register_buffer("vector", torch.zeros(after))

    def normalize(self, dtype, keep):
        """As of `torch_loop.SpectralConv2d`, a column of the matrix an output channel."""
        matrix = self.weight.permute(0, 2, 3, 1).flatten(0, 2)
        with torch.no_grad():
            right = functional.normalize(matrix @ self.vector, dim=0)
            left = functional.normalize(right @ matrix, dim=0)
            if keep:
                self.vector.copy_(left)
        self.normalized = (self.weight / torch.dot(right @ matrix, left)).to(dtype)

    def forward(self, x):
        matrix = self.normalized.permute(0, 2, 3, 1).flatten(1)
        return (x.to(matrix.dtype) @ matrix).view(len(x), 4, 4, -1).permute(0, 3, 1, 2)


class Noise(nn.Module):
    """Adds noise, one value a position for all channels, times one learned weight."""

    def __init__(self):
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(()))

    def draw(self, x):
        return torch.randn(len(x), 1, *x.shape[2:])

    def forward(self, x):
        return x + (self.strength * self.draw(x)).to(x.dtype)


class Gate(nn.Module):
    """Gated linear unit of the channels."""

    def forward(self, x):
        # Of the last axis: for another one PyTorch makes the gradient channels-first.
        return functional.glu(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class GeneratorBlock(nn.Module):
    def __init__(self, before, channels):
        super().__init__()
        layers = []
        for width in (before, channels):
            layers.append(torch_residual.SpectralConv2d(width, 2 * channels, 3, bias=False))
            layers += [Noise(), nn.BatchNorm2d(2 * channels, 1e-5, 0.1), Gate()]
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(functional.interpolate(x, scale_factor=2))


class Generator(torch_residual.Normalized):
    """Latents to images of 32 pixels without bounds, channels first."""

    def __init__(self, network):
        super().__init__()
        width = network.width
        self.first = FirstMap(network.latent_dim, 32 * width)
        self.normalization = nn.BatchNorm2d(32 * width, 1e-5, 0.1)
        self.gate = Gate()
        self.blocks = nn.Sequential(
            GeneratorBlock(16 * width, 8 * width),
            GeneratorBlock(8 * width, 4 * width),
            GeneratorBlock(4 * width, 2 * width),
        )
        self.to_image = torch_residual.SpectralConv2d(2 * width, 3, 3)

    def forward(self, latents):
        x = functional.rms_norm(latents, latents.shape[1:], eps=1e-8)
        x = self.gate(self.normalization(self.first(x)))
        return self.to_image(self.blocks(x)).float()
