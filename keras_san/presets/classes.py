"""A trained model for other classes than its own."""

import numpy as np

from keras_san.models.san_model import SANModel
from keras_san.presets import layout
from keras_san.presets.weights import onto_constraints


def with_classes(model, num_classes):
    """The model for another number of classes: each new class begins as the mean of the old ones.

    Args:
        model: conditional `keras_san.SANModel`, of networks that have the argument `num_classes`.
        num_classes: int, at least 1.

    Returns:
        A new `keras_san.SANModel`, without the truncation statistics of the old classes, or the
        model itself if it has as many.

    Raises:
        ValueError: if the model or the number is none for classes.
    """
    if num_classes == model.num_classes:
        return model
    config = model.get_config()
    networks = [config[name] for name in ("generator", "discriminator")]
    if min(num_classes, model.num_classes) < 1 or not all(
        "num_classes" in network["config"] for network in networks
    ):
        raise ValueError(
            f"num_classes={num_classes} of a preset with {model.num_classes}: expected another "
            "number of classes for a conditional preset of a built-in architecture. Images "
            "without classes are of one class for such a preset; images with classes train an "
            "unconditional one without their labels."
        )
    for holder in (config, *(network["config"] for network in networks)):
        holder["num_classes"] = num_classes
    other = SANModel.from_config(config)
    for name in layout.NETWORKS:
        network, values = getattr(other, name), getattr(model, name).get_weights()
        pairs = zip(values, network.weights, strict=True)
        network.set_weights([_mean_of_classes(value, weight.shape) for value, weight in pairs])
        onto_constraints(network)
    return other


def _mean_of_classes(values, shape):
    for axis, size in enumerate(shape):
        if values.shape[axis] != size:
            values = np.repeat(values.mean(axis, keepdims=True), size, axis)
    return values
