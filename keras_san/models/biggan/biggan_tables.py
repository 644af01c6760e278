"""BigGAN's networks, resolution by resolution."""

import dataclasses

import keras

from keras_san.models.residual_tables import DiscriminatorTable, GeneratorTable


@dataclasses.dataclass(frozen=True)
class BigGANTable:
    """What a BigGAN is at a resolution.

    Args:
        generator: `GeneratorTable`.
        discriminator: `DiscriminatorTable`.
        width: int, the published width.
        latent_dim: int, the published one.
        shared_dim: int, length of the class embedding that all blocks share; 0 for a table of
            gains and biases in every block, without latents.
        initializer: function that makes the initializer of all kernels.
    """

    generator: GeneratorTable
    discriminator: DiscriminatorTable
    width: int
    latent_dim: int
    shared_dim: int
    initializer: callable


def _normal():
    return keras.initializers.RandomNormal(stddev=0.02)


TABLES = {
    32: BigGANTable(
        GeneratorTable((4, 4, 4, 4)),
        DiscriminatorTable((4, 4, 4, 4), downsamples=2),
        width=64,
        latent_dim=128,
        shared_dim=0,
        initializer=_normal,
    ),
    128: BigGANTable(
        GeneratorTable((16, 16, 8, 4, 2, 1), attention=64),
        DiscriminatorTable((1, 2, 4, 8, 16, 16), downsamples=5, attention=64),
        width=96,
        latent_dim=120,
        shared_dim=128,
        initializer=keras.initializers.Orthogonal,
    ),
    256: BigGANTable(
        GeneratorTable((16, 16, 8, 8, 4, 2, 1), attention=64),
        DiscriminatorTable((1, 2, 4, 8, 8, 16, 16), downsamples=6, attention=64),
        width=96,
        latent_dim=140,
        shared_dim=128,
        initializer=keras.initializers.Orthogonal,
    ),
}
