"""A small convolutional classifier of grey images: class labels and features of 128 numbers."""

import keras
from keras import layers

from keras_san.layers import Conv2D

IMAGE_SIZE = 28


def grey_classifier_network(num_classes=10):
    """The network: images `(28, 28, 1)` in [0, 1] to `(features, logits)`."""
    images = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1))
    x = images
    for stage, filters in enumerate((32, 64, 128)):
        for index in range(2 if filters < 128 else 1):
            name = f"stage_{stage}_conv_{index}"
            x = Conv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
            x = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
            x = layers.ReLU()(x)
        if filters < 128:
            x = layers.MaxPooling2D(2, data_format="channels_last")(x)
    features = layers.GlobalAveragePooling2D(data_format="channels_last", name="features")(x)
    x = layers.Dropout(0.3)(features)
    logits = layers.Dense(num_classes, name="logits")(x)
    return keras.Model(images, [features, logits], name="grey_classifier")
