"""The benchmarked pairs of networks as plain data, which every loop builds in its own way."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Layer:
    """A convolution with what follows it: normalisation, then activation."""

    channels: int
    kernel: int
    strides: int = 1
    padding: str = "same"
    transposed: bool = False
    normalization: str = "none"  # or "batch" or "spectral"
    activation: str = "leaky_relu"  # or "relu", "silu", "tanh" or "sigmoid"
    slope: float = 0.0  # of leaky_relu


class Average:
    """How the generator's average follows it, for a class with `half_life` and `ramp_up`."""

    # Module of the one loop that builds the network; None for a loop a backend.
    loop = None
    # Further arguments of `keras_san.models.build`.
    build_options = {}

    def decay(self, batch_size, images_seen):
        """How much of the generator's average a step keeps."""
        half_life = max(min(self.half_life, self.ramp_up * images_seen), 1e-8)
        return 0.5 ** (batch_size / half_life)


@dataclasses.dataclass(frozen=True)
class Network(Average):
    """A generator, a discriminator with a SAN head, and how they are trained.

    The generator is a dense layer to a map of `start` (side, channels), then `generator`; the
    discriminator is `discriminator`, then the sum over positions or the flattened map, then the
    head. Inside, images lie in [-1, 1], or in [0, 1] with `unit_range`.
    """

    latent_dim: int
    start: tuple[int, int]
    start_slope: float  # of the LeakyReLU behind the dense layer; 1 for none
    generator: tuple[Layer, ...]
    discriminator: tuple[Layer, ...]
    sum_pooling: bool
    unit_range: bool
    learning_rate: float
    betas: tuple[float, float]
    batch_momentum: float
    batch_epsilon: float = 1e-5
    half_life: float = 10_000.0  # of the generator's average, in images
    ramp_up: float = 0.05


@dataclasses.dataclass(frozen=True)
class TorchNetwork(Average):
    """A pair of networks that only one plain loop, PyTorch's, builds, by its name."""

    name: str
    width: int
    latent_dim: int = 128
    learning_rate: float = 2e-4
    betas: tuple[float, float] = (0.0, 0.9)
    half_life: float = 10_000.0
    ramp_up: float = 0.05
    loop: str = "torch_residual"
    discriminator_width: int | None = None  # None: the generator's

    @property
    def build_options(self):
        """Further arguments of `keras_san.models.build`."""
        if self.discriminator_width is None:
            return {}
        return {"discriminator_options": {"width": self.discriminator_width}}


def dcgan(width=64, channels=3):
    """The "standard CNN" of the spectral normalisation paper at 32 pixels."""
    up = dict(kernel=4, strides=2, transposed=True, normalization="batch", activation="relu")
    same = dict(kernel=3, normalization="spectral", slope=0.1)
    down = dict(kernel=4, strides=2, normalization="spectral", slope=0.1)
    discriminator = []
    for factor in (1, 2, 4):
        discriminator += [Layer(factor * width, **same), Layer(factor * width, **down)]
    return Network(
        latent_dim=128,
        start=(4, 8 * width),
        start_slope=1.0,
        generator=(
            *(Layer(factor * width, **up) for factor in (4, 2, 1)),
            Layer(channels, kernel=3, activation="tanh"),
        ),
        discriminator=(*discriminator, Layer(8 * width, **same)),
        sum_pooling=True,
        unit_range=False,
        learning_rate=2e-4,
        betas=(0.5, 0.999),
        batch_momentum=0.99,
    )


def simple_san(width=128, channels=1):
    """The pair of the SAN authors' MNIST example, at 28 pixels."""
    up = dict(kernel=4, strides=2, transposed=True, normalization="batch", activation="silu")
    down = dict(kernel=4, strides=2, normalization="spectral", slope=0.2)
    return Network(
        latent_dim=100,
        start=(3, 4 * width),
        start_slope=0.01,
        generator=(
            Layer(2 * width, **up),
            Layer(width, **up),
            Layer(channels, 6, 2, "valid", transposed=True, activation="sigmoid"),
        ),
        discriminator=(
            Layer(width, 6, 2, "valid", slope=0.2),
            Layer(2 * width, **down),
            Layer(4 * width, **down),
        ),
        sum_pooling=False,
        unit_range=True,
        learning_rate=1e-3,
        betas=(0.0, 0.99),
        batch_momentum=0.9,
    )


def sngan(width=32, channels=3):
    """The residual pair of the spectral normalisation paper at 32 pixels."""
    return TorchNetwork("sngan", width)


def biggan_deep(width=16, channels=3):
    """BigGAN-deep at 32 pixels, without classes."""
    return TorchNetwork("biggan_deep", width, betas=(0.0, 0.999))


def projected(width=16, channels=3):
    """The projected discriminator, four times as wide as the FastGAN generator, at 32 pixels."""
    return TorchNetwork(
        "projected",
        width,
        latent_dim=256,
        betas=(0.0, 0.99),
        loop="torch_projected",
        discriminator_width=4 * width,
    )


NETWORKS = {
    "dcgan": dcgan,
    "simple_san": simple_san,
    "sngan": sngan,
    "biggan_deep": biggan_deep,
    "projected": projected,
}
# (image shape, width and batch size): the paper's of the first two, narrower than the paper's of
# the others, for machines of few cores; the projected discriminator has the paper's width.
DEFAULTS = {
    "dcgan": ((32, 32, 3), 64, 64),
    "simple_san": ((28, 28, 1), 128, 128),
    "sngan": ((32, 32, 3), 32, 32),
    "biggan_deep": ((32, 32, 3), 16, 16),
    "projected": ((32, 32, 3), 16, 32),
}
