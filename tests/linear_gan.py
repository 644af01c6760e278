"""Models whose images and scores are known formulas."""

import keras
import numpy as np

from keras_san.models import SANModel


def linear_model(matrix, direction, image_shape, num_classes=0):
    """`G(z) = z @ matrix` (plus 0.1 a label), and the score `x @ direction` (plus the label)."""
    matrix = np.asarray(matrix, "float32")
    vectors = keras.Input((len(matrix),))
    labels = keras.Input((), dtype="int32")
    make = keras.layers.Dense(matrix.shape[1], use_bias=False)
    pixels = make(vectors)
    if num_classes:
        shift = keras.layers.Embedding(num_classes, matrix.shape[1])
        pixels = pixels + shift(labels)
        shift.set_weights([0.1 * np.repeat(np.arange(num_classes)[:, None], matrix.shape[1], 1)])
    make.set_weights([matrix])
    inputs = [vectors, labels] if num_classes else vectors
    generator = keras.Model(inputs, keras.layers.Reshape(image_shape)(pixels))

    seen = keras.Input(image_shape)
    score = keras.layers.Dense(1, use_bias=False)
    outputs = score(keras.layers.Flatten()(seen))
    score.set_weights([np.asarray(direction, "float32")[:, None]])
    if num_classes:
        offset = keras.layers.Embedding(num_classes, 1)
        outputs = outputs + offset(labels)
        offset.set_weights([np.arange(num_classes, dtype="float32")[:, None]])
    discriminator = keras.Model([seen, labels] if num_classes else seen, outputs)
    return SANModel(generator, discriminator, num_classes=num_classes)
