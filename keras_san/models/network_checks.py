"""Whether two networks make a GAN: checks with messages."""

import warnings

from keras_san.layers.san_head import SANHead


def check_networks(generator, discriminator, num_classes):
    """Raises a `ValueError` unless the two networks fit together and are built."""
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        if not network.built:
            raise ValueError(
                f"The {name} {network.name!r} has no weights yet. Make it functional, or call it "
                "once on a batch if it is a discriminator, before you give it to `SANModel`."
            )
    if not hasattr(generator, "output_shape"):
        raise ValueError(
            f"The generator {generator.name!r} must be a functional or sequential model, as its "
            "average is a copy made of its config. Received a subclass of keras.Model: put its "
            "`call` between `keras.Input` and `keras.Model`."
        )
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        if isinstance(getattr(network, "output", None), dict):
            raise ValueError(
                f"The {name} {network.name!r} returns a dictionary. Have it return the tensor "
                "itself: `keras.Model(inputs, tensor)`."
            )
    image_shape = tuple(generator.output_shape[1:])
    if len(image_shape) != 3:
        raise ValueError(
            "The generator must make images (batch, height, width, channels). "
            f"Its output shape is {generator.output_shape}"
        )
    seen = getattr(discriminator, "image_shape", None)
    if seen is None and getattr(discriminator, "inputs", None):
        seen = discriminator.inputs[0].shape[1:]
    if seen is not None and any(
        a != b for a, b in zip(seen, image_shape, strict=True) if a is not None
    ):
        raise ValueError(
            f"The generator makes images of shape {image_shape}, the discriminator takes "
            f"{tuple(seen)}. Build both with the same `image_shape`."
        )
    _check_activations(generator, discriminator)
    if num_classes < 0:
        raise ValueError(f"`num_classes` must not be negative. Received: {num_classes}")
    head = getattr(discriminator, "head", None)
    for name, parts in (("generator", (generator,)), ("discriminator", (discriminator, head))):
        found = [part.num_classes for part in parts if hasattr(part, "num_classes")]
        if found and found[0] != num_classes:
            raise ValueError(
                f"The {name} has {found[0]} classes, but num_classes={num_classes}. Build both "
                "networks and the model with the same number (0 for unconditional ones)."
            )
    if takes_labels(discriminator) not in (None, bool(num_classes)) and not hasattr(
        head, "class_logits"
    ):
        takes = "labels" if not num_classes else "no labels"
        raise ValueError(
            f"The discriminator takes {takes}, but num_classes={num_classes}: what it judges would "
            "have nothing to do with the classes. Build it with the same `num_classes`; where its "
            'head has no classes, with `conditioning="concat"`.'
        )
    if not getattr(discriminator, "has_direction", False):
        heads = [x.name for x in discriminator._flatten_layers() if isinstance(x, SANHead)]
        if heads:
            raise ValueError(
                f"The discriminator holds the SAN head {heads[0]!r}, but would train as an "
                "ordinary GAN: it returns no (fun, dir) pair. Give "
                "`keras_san.to_san(discriminator)`, or `keras_san.models.Discriminator(trunk, "
                "head)`."
            )
    if isinstance(generator.input_shape, list) != bool(num_classes):
        needed = "labels" if isinstance(generator.input_shape, list) else "no labels"
        raise ValueError(
            f"The generator takes {needed}, but num_classes={num_classes}. Give `SANModel` the "
            "same `num_classes` as the networks (0 for unconditional ones)."
        )


def takes_labels(discriminator):
    """Whether a discriminator is given labels; None where that does not show."""
    if hasattr(discriminator, "conditional"):
        return discriminator.conditional
    if not getattr(discriminator, "inputs", None):
        return None
    return len(discriminator.inputs) > 1


def latent_dim_of(generator, expected=None):
    """Length of the latent vector that a generator takes; a `ValueError` if another is expected."""
    shape = generator.input_shape
    shape = shape[0] if isinstance(shape, list) else shape
    if len(shape) != 2:
        raise ValueError(
            "The generator must take latents (batch, latent_dim), and may begin with a "
            f"`keras.layers.Reshape`. Its input shape is {shape}"
        )
    length = shape[-1]
    if not length or expected not in (None, length):
        raise ValueError(
            "`latent_dim` must be positive, and the length of the latents that the generator "
            f"takes. Received: latent_dim={expected!r}, a generator of {length}"
        )
    return length


def _check_activations(generator, discriminator):
    """The pair of many a tutorial ends in sigmoids, of images in [0, 1] and of probabilities."""
    last = _last_activation(discriminator)
    if last not in (None, "linear"):
        raise ValueError(
            f"The discriminator ends in the activation {last!r}: the losses of keras_san take raw "
            "scores. Drop the activation."
        )
    last = _last_activation(generator)
    if last in ("sigmoid", "relu", "softmax"):
        warnings.warn(
            f"The generator ends in the activation {last!r}, but images are in [-1, 1]: it cannot "
            "draw what is darker than middle grey. End it in 'tanh', or in "
            "`keras.layers.Rescaling(2, -1)` behind a sigmoid.",
            stacklevel=4,
        )


def _last_activation(network):
    """The name of the activation that a functional model of one output ends in, or None."""
    outputs = getattr(network, "outputs", None) or ()
    layer = getattr(outputs[0], "_keras_history", [None])[0] if len(outputs) == 1 else None
    activation = getattr(layer, "activation", None)
    return None if activation is None else getattr(activation, "__name__", "")
