"""SAGAN's networks: 128 pixels are the paper's, 64 the same with a block less (our choice)."""

from keras_san.models.residual_tables import DiscriminatorTable, GeneratorTable

GENERATORS = {
    64: GeneratorTable((16, 8, 4, 2, 1), attention=32),
    128: GeneratorTable((16, 16, 8, 4, 2, 1), attention=32),
}
DISCRIMINATORS = {
    64: DiscriminatorTable((1, 2, 4, 8, 16), downsamples=4, attention=32),
    128: DiscriminatorTable((1, 2, 4, 8, 16, 16), downsamples=5, attention=32),
}
