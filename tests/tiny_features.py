"""A feature network of a hundred weights, where the real one would take long."""

import keras
import numpy as np

from keras_san.models import register_network

SIZE, CHANNELS = 32, (3, 4, 5, 6)


def network(seed=1, channels=3, size=SIZE):
    """Four maps, the finest a quarter of the size; the same weights in every process."""
    images = keras.Input((size, size, channels))
    x, maps = images, []
    for index, filters in enumerate(CHANNELS):
        step = 2 if index else 4
        x = keras.layers.Conv2D(filters, step, strides=step, activation="leaky_relu")(x)
        maps.append(x)
    model = keras.Model(images, maps, name="tiny_features")
    random = np.random.default_rng(seed)
    for weight in model.weights:
        weight.assign(random.normal(size=weight.shape) * (0.3 if len(weight.shape) > 1 else 0.1))
    return model


def reference():
    """What stands for it in arguments and configs."""
    return [register_network(network())]
