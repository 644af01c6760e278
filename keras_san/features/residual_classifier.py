"""A small residual classifier of colour images: class labels and features of 192 numbers."""

import keras
from keras import layers

from keras_san.layers import Conv2D

IMAGE_SIZE = 32


def residual_classifier_network(num_classes=10):
    """The network: images `(32, 32, 3)` in [0, 1] to `(features, logits)`.

    A block of two convolutions and a shortcut at each of four sizes (He et al., "Deep Residual
    Learning for Image Recognition", 2016).
    """
    images = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3))
    x = _normalized(Conv2D(32, 3, padding="same", use_bias=False, name="stem"), images)
    x = layers.ReLU()(x)
    for stage, filters in enumerate((32, 64, 128, 192)):
        x = _block(x, filters, strides=1 if stage == 0 else 2, name=f"stage_{stage}")
    features = layers.GlobalAveragePooling2D(data_format="channels_last", name="features")(x)
    x = layers.Dropout(0.2)(features)
    logits = layers.Dense(num_classes, name="logits")(x)
    return keras.Model(images, [features, logits], name="residual_classifier")


def _block(x, filters, strides, name):
    options = dict(padding="same", use_bias=False)
    shortcut = x
    if strides > 1:
        shortcut = layers.AveragePooling2D(strides, data_format="channels_last")(x)
        shortcut = _normalized(Conv2D(filters, 1, name=f"{name}_shortcut", **options), shortcut)
    x = _normalized(Conv2D(filters, 3, strides=strides, name=f"{name}_conv_0", **options), x)
    x = layers.ReLU()(x)
    x = _normalized(Conv2D(filters, 3, name=f"{name}_conv_1", **options), x)
    return layers.ReLU()(layers.Add()([x, shortcut]))


def _normalized(convolution, x):
    return layers.BatchNormalization(momentum=0.9, name=f"{convolution.name}_norm")(convolution(x))
