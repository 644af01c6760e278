"""The codebases whose checkpoints can be converted. Imports no backend."""

from importlib import import_module

# A source is the module of its name in this folder, which has `build`.
SOURCES = {
    "biggan_pytorch": "BigGAN and BigGAN-deep of BigGAN-PyTorch, generators and discriminators",
    "huggingface_biggan_deep": "the BigGAN-deep generators of pytorch-pretrained-BigGAN",
    "mimicry_sngan": "SNGAN and the projection cGAN of mimicry, generators and discriminators",
    "san_simple": "the MNIST pair of the SAN authors, generator and discriminator",
    "studiogan_biggan": "BigGAN and BigGAN-deep (legacy) of StudioGAN, both networks",
    "tfhub_biggan_deep": "variables of the BigGAN-deep generators of TF-Hub",
}


def names():
    """Lists the codebases whose checkpoints `keras_san.convert.convert` reads.

    Returns:
        A sorted list of names.

    Example:
    ```python
    import keras_san

    print(keras_san.convert.names())
    ```
    """
    return sorted(SOURCES)


def find_source(name):
    """The module of a source, or a `ValueError` that lists the names."""
    if name not in SOURCES:
        raise ValueError(f"Unknown source: {name!r}. Expected one of {', '.join(names())}.")
    return import_module(f"keras_san.convert.{name}")
