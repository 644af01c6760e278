"""SNGAN's networks, resolution by resolution; with the default width 64 they are the published."""

import keras

from keras_san.models.residual_tables import DiscriminatorTable, GeneratorTable

GENERATORS = {
    32: GeneratorTable((4, 4, 4, 4)),
    48: GeneratorTable((8, 4, 2, 1), map_size=6),
    64: GeneratorTable((16, 8, 4, 2, 1)),
    128: GeneratorTable((16, 16, 8, 4, 2, 1)),
}
DISCRIMINATORS = {
    32: DiscriminatorTable((2, 2, 2, 2), downsamples=2, narrow=True, head_bias=False),
    48: DiscriminatorTable((1, 2, 4, 8, 16), downsamples=4, narrow=True),
    64: DiscriminatorTable((1, 2, 4, 8, 16), downsamples=5, narrow=True),
    128: DiscriminatorTable((1, 2, 4, 8, 16, 16), downsamples=5, narrow=True),
}


def glorot(gain_squared=1.0):
    """Glorot's uniform initializer times a gain: the root of 2 in the 3x3 convolutions."""
    return keras.initializers.VarianceScaling(gain_squared, "fan_avg", "uniform")
