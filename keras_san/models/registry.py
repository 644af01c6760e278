"""Architectures by name."""

import dataclasses
import inspect
import operator

_ARCHITECTURES = {}


@dataclasses.dataclass(frozen=True)
class Architecture:
    """A generator and a discriminator that belong together.

    Args:
        name: string, as the command line and the presets write it.
        generator: class, called with `image_shape` and, where given, `latent_dim`,
            `num_classes` and `width`.
        discriminator: class, called with `image_shape`, `num_classes`, `width`, `head` and, where
            given, `conditioning`.
        resolutions: tuple of ints, the image sizes it takes.
        reference: string, the paper.

    Example:
    ```python
    import keras_san

    keras_san.models.architectures()["dcgan"].resolutions  # (32, 64, 128)
    ```
    """

    name: str
    generator: type
    discriminator: type
    resolutions: tuple[int, ...]
    reference: str


def register(architecture):
    """Makes an architecture known to `build`, the command line and the registry-wide tests.

    Args:
        architecture: `Architecture`.

    Raises:
        ValueError: if there is one of this name already.

    Example:
    ```python
    import keras_san
    from keras_san.models import Architecture, DCGANDiscriminator, DCGANGenerator

    keras_san.models.register(
        Architecture("my_gan", DCGANGenerator, DCGANDiscriminator, (32,), "my paper")
    )
    ```
    """
    if architecture.name in _ARCHITECTURES:
        raise ValueError(f"There is an architecture {architecture.name!r} already.")
    _ARCHITECTURES[architecture.name] = architecture


def architectures():
    """All architectures, a dict from name to `Architecture`.

    Example:
    ```python
    import keras_san

    print(sorted(keras_san.models.architectures()))
    ```
    """
    return dict(_ARCHITECTURES)


def build(
    name,
    image_shape,
    num_classes=0,
    head="san",
    width=None,
    latent_dim=None,
    conditioning=None,
    generator_options=None,
    discriminator_options=None,
    **kwargs,
):
    """A new, untrained `SANModel` of a named architecture.

    Args:
        name: string, one of `architectures()`.
        image_shape: `(height, width, channels)`.
        num_classes: int, 0 for an unconditional model. Defaults to `0`.
        head: `"san"`, `"dense"` for the ordinary GAN, or `"san_shared"`, whose direction of a
            class has a part that all classes share. Defaults to `"san"`.
        width: int, or None for the architecture's. Defaults to `None`.
        latent_dim: int, or None for the architecture's. Defaults to `None`.
        conditioning: how the discriminator sees labels: `"projection"` in its head, `"concat"` as
            a channel of the image, or None for the architecture's. Defaults to `None`.
        generator_options: dict of further arguments of its class. Defaults to `None`.
        discriminator_options: dict of further arguments of its class, such as the `feature_size`
            of `"projected"`. Defaults to `None`.
        **kwargs: of `keras_san.SANModel`.

    Raises:
        ValueError: if the name or an argument is unknown to it.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", image_shape=(32, 32, 1), width=8)
    ```
    """
    from keras_san.models.san_model import SANModel

    if name not in _ARCHITECTURES:
        raise ValueError(
            f"Unknown architecture: {name!r}. Expected one of {', '.join(sorted(_ARCHITECTURES))}."
        )
    architecture = _ARCHITECTURES[name]
    num_classes = operator.index(num_classes)
    common = {"num_classes": num_classes, "width": width}
    generator = common | {"latent_dim": latent_dim} | (generator_options or {})
    own = {"head": head, "conditioning": conditioning}
    discriminator = common | own | (discriminator_options or {})
    return SANModel(
        _make(architecture.generator, image_shape, generator),
        _make(architecture.discriminator, image_shape, discriminator),
        num_classes=num_classes,
        **kwargs,
    )


def _make(network, image_shape, options):
    """A network with the options that are given; a `ValueError` if it has not all of them."""
    options = {name: value for name, value in options.items() if value is not None}
    known = inspect.signature(network).parameters
    if unknown := [name for name in options if name not in known]:
        raise ValueError(
            f"{network.__name__} has no argument {', '.join(map(repr, unknown))}. Expected some "
            f"of {', '.join(name for name in known if name not in ('image_shape', 'kwargs'))}."
        )
    return network(image_shape, **options)
