"""Converting a file: networks with the weights of another codebase."""

import dataclasses
import inspect

import keras

from keras_san.convert.assignment import assign, find_weight
from keras_san.convert.registry import find_source
from keras_san.convert.tensors import read_tensors
from keras_san.models.discriminator import Discriminator
from keras_san.models.head import make_head
from keras_san.models.san_model import SANModel
from keras_san.sampling.judge import PLACEHOLDER
from keras_san.sampling.standing_statistics import normalization_layers
from keras_san.sampling.truncation_statistics import TruncationStatistics


@dataclasses.dataclass(frozen=True)
class Converted:
    """What `keras_san.convert.convert` made of one or two files.

    Args:
        source: string, a name of `keras_san.convert.names()`.
        files: tuple of the paths of the files.
        generator: `keras.Model`, or None if the file held a discriminator.
        discriminator: `keras.Model` with the ordinary head, or None if no file held one.
        truncation_statistics: `keras_san.sampling.TruncationStatistics`, or None if the file has
            one set of batch statistics. The generator has those of truncation 1.

    Example:
    ```python
    import keras_san

    generator = keras_san.models.SimpleSANGenerator(width=4)
    converted = keras_san.convert.Converted("san_simple", ("g.pt",), generator)
    converted.model().generate(2).shape  # (2, 28, 28, 1)
    ```
    """

    source: str
    files: tuple
    generator: keras.Model | None = None
    discriminator: keras.Model | None = None
    truncation_statistics: TruncationStatistics | None = None

    def model(self):
        """A `keras_san.SANModel` of the networks.

        Without a discriminator it gets a placeholder of a few weights: enough to generate and to
        be saved, not to train. To train on, give the generator to `keras_san.SANModel` with a
        discriminator of your choice.

        Raises:
            ValueError: if there is no generator.
        """
        if self.generator is None:
            raise ValueError(
                "A model needs a generator, and the file holds a discriminator. Convert the "
                "generator's file and give this one as `discriminator`, or save the weights alone "
                "(a path that ends in .weights.h5)."
            )
        num_classes = getattr(self.generator, "num_classes", 0)
        discriminator = self.discriminator or _placeholder(self.generator, num_classes)
        model = SANModel(self.generator, discriminator, num_classes=num_classes)
        model.truncation_statistics = self.truncation_statistics
        return model


def convert(source, path, discriminator=None, **options):
    """Reads a checkpoint of another codebase into networks of this one.

    Use it to generate with released weights, to train on from them, or to compare. The size of the
    network is read off the tensors; every tensor must find its weight and every weight its tensor.
    `keras_san.convert.save` or `keras-san convert` makes a preset of the result.

    Args:
        source: string, a name of `keras_san.convert.names()`.
        path: string or path of a file that `keras_san.convert.read_tensors` reads, with a
            generator or a discriminator.
        discriminator: string or path of the file of the discriminator that belongs to the
            generator in `path`, or None. Defaults to `None`.
        **options: of the source, what its files do not tell: `epsilon` of the batch normalisation
            (the BigGAN sources), `head`, `"san"` or `"dense"` (`san_simple`). Each has a default.

    Returns:
        `keras_san.convert.Converted`.

    Raises:
        ValueError: if the source or an option is unknown, or tensors are missing, unknown or
            misshapen; all of them are listed.
        ImportError: if the library that reads such a file is missing.

    Example:
    ```python
    import numpy as np
    import keras_san

    np.savez("generator.npz", **{"fc.weight": np.zeros((36, 8))})
    try:
        keras_san.convert.convert("san_simple", "generator.npz")
    except ValueError as error:
        print(error)  # lists what is missing
    ```
    """
    module = find_source(source)
    known = list(inspect.signature(module.build).parameters)[1:]
    unknown = [name for name in options if name not in known]
    if unknown:
        raise ValueError(
            f"The source '{source}' has no option {', '.join(map(repr, unknown))}. "
            f"It has: {', '.join(known) or 'none'}."
        )
    plan = _load(module, path, options)
    found = {"generator" if plan.is_generator else "discriminator": plan.network}
    files = (path,)
    if discriminator is not None:
        if not plan.is_generator:
            raise ValueError(f"'{path}' holds a discriminator; expected the generator.")
        second = _load(module, discriminator, options)
        if second.is_generator:
            raise ValueError(f"'{discriminator}' holds a generator; expected the discriminator.")
        found["discriminator"] = second.network
        files += (discriminator,)
    return Converted(source, files, truncation_statistics=_truncation_statistics(plan), **found)


def _load(module, path, options):
    tensors = read_tensors(path)
    try:
        plan = module.build(tensors, **options)
        assign(plan.network, plan.tensors, plan.mapping, plan.ignore)
    except ValueError as error:
        name = module.__name__.rsplit(".", maxsplit=1)[-1]
        raise ValueError(f"'{path}' cannot be converted as '{name}': {error}") from error
    return plan


def _truncation_statistics(plan):
    if not plan.has_truncation_statistics:
        return None
    stored = {}
    for path, entry in plan.mapping.items():
        if path.endswith((".moving_mean", ".moving_variance")):
            stored[id(find_weight(plan.network, path))] = plan.tensors[entry[0]]
    layers = normalization_layers(plan.network)
    return TruncationStatistics(
        [stored[id(layer.moving_mean)] for layer in layers],
        [stored[id(layer.moving_variance)] for layer in layers],
    )


def _placeholder(generator, num_classes):
    """The smallest discriminator that a model takes."""
    images = keras.Input(generator.output_shape[1:], name="images")
    features = keras.layers.GlobalAveragePooling2D(data_format="channels_last", name="features")(
        images
    )
    trunk = keras.Model(images, features, name="trunk")
    return Discriminator(trunk, make_head("san", num_classes), name=PLACEHOLDER)
