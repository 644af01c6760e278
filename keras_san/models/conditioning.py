"""How a discriminator of an architecture learns of the label: in its head or beside the image."""

import keras

CONDITIONINGS = ("projection", "concat")


def discriminator_inputs(image_shape, num_classes=0, conditioning="projection"):
    """The inputs of a trunk, the map that its first layer sees, and the classes of the head.

    With `"projection"` the head alone sees the label. With `"concat"` the label is embedded as a
    further channel of the image, as the conditional GAN of 2014 joins it to the input, and the
    head is unconditional.

    Args:
        image_shape: `(height, width, channels)`.
        num_classes: int, 0 for an unconditional discriminator. Defaults to `0`.
        conditioning: one of `CONDITIONINGS`. Defaults to `"projection"`.

    Returns:
        `(inputs, maps, head_classes)`: what `keras.Model` takes as inputs, a symbolic tensor, and
        the `num_classes` for `make_head`.

    Raises:
        ValueError: if the conditioning is unknown.
    """
    if conditioning not in CONDITIONINGS:
        raise ValueError(
            f"Unknown conditioning: {conditioning!r}. Expected one of "
            f"{', '.join(map(repr, CONDITIONINGS))}."
        )
    images = keras.Input(image_shape, name="images")
    if not num_classes or conditioning == "projection":
        return images, images, num_classes
    labels = keras.Input((), dtype="int32", name="labels")
    height, width, _ = image_shape
    plane = keras.layers.Embedding(num_classes, height * width, name="class_plane")(labels)
    plane = keras.layers.Reshape((height, width, 1))(plane)
    return [images, labels], keras.layers.Concatenate()([images, plane]), 0


def check_classes_alike(classes_alike, num_classes):
    """Raises a `ValueError` where there are no classes to begin alike."""
    if classes_alike and not num_classes:
        raise ValueError(
            "classes_alike=True: it is about how classes begin, and there are none. Pass "
            "`num_classes`, or leave it out."
        )
