"""EfficientNet-Lite0 trained on ImageNet: the network and its feature maps."""

import keras
import numpy as np
from keras import layers, ops

from keras_san.features.preprocess import Preprocess
from keras_san.features.shipped import full_precision, read_shipped
from keras_san.layers import Conv2D, DepthwiseConv2D

NAME = "efficientnet_lite0"
IMAGE_SIZE = 224
OFFSET, SCALE = 127.0, 1.0 / 128.0
# Repeats, kernel, stride, expansion and output channels of each stage.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
# The last stage at each of the strides 4, 8, 16 and 32.
MAP_STAGES = (1, 2, 4, 6)


def efficientnet_lite0_network(input_shape=(IMAGE_SIZE, IMAGE_SIZE, 3), maps=False):
    """The network with weights to be loaded, batch normalisation folded into its convolutions.

    Args:
        input_shape: `(height, width, 3)`, sides of multiples of 32.
        maps: bool, return the feature maps in the place of features and logits.

    Returns:
        `keras.Model` from prepared images to `[features, logits]`, or to four feature maps.
    """
    images = keras.Input(input_shape)
    x = _convolution(images, 32, 3, 2, "stem")
    stages = []
    for stage, (repeats, kernel, stride, expansion, channels) in enumerate(STAGES):
        for repeat in range(repeats):
            step = stride if repeat == 0 else 1
            x = _block(x, kernel, step, expansion, channels, f"stage_{stage}_block_{repeat}")
        stages.append(x)
    if maps:
        outputs = [stages[stage] for stage in MAP_STAGES]
        return keras.Model(images, outputs, name="efficientnet_lite0_maps")
    x = _convolution(x, 1280, 1, 1, "head")
    features = layers.GlobalAveragePooling2D(data_format="channels_last", name="features")(x)
    logits = layers.Dense(1000, name="logits")(features)
    return keras.Model(images, [features, logits], name=NAME)


def _convolution(x, channels, kernel, stride, name, activation="relu6"):
    return Conv2D(
        channels,
        kernel,
        strides=stride,
        padding="same",
        activation=activation,
        kernel_initializer=_zeros,
        bias_initializer=_zeros,
        name=name,
    )(x)


@keras.saving.register_keras_serializable(package="keras_san", name="efficientnet_lite0_zeros")
def _zeros(shape, dtype=None):
    """Weights that are loaded afterwards; made by NumPy, for which JAX compiles nothing."""
    return ops.convert_to_tensor(np.zeros(shape, dtype))


def _block(inputs, kernel, stride, expansion, channels, name):
    """An inverted bottleneck: wide, depthwise, narrow, without activation at its end."""
    x = inputs
    if expansion > 1:
        x = _convolution(x, expansion * inputs.shape[-1], 1, 1, f"{name}_expand")
    x = DepthwiseConv2D(
        kernel,
        strides=stride,
        padding="same",
        activation="relu6",
        depthwise_initializer=_zeros,
        bias_initializer=_zeros,
        name=f"{name}_depthwise",
    )(x)
    x = _convolution(x, channels, 1, 1, f"{name}_project", activation=None)
    return x + inputs if stride == 1 and inputs.shape[-1] == channels else x


def checked_size(image_size):
    """The side of the network's input: 224, or what is given, a multiple of 32."""
    size = IMAGE_SIZE if image_size is None else image_size
    if size < 32 or size % 32:
        raise ValueError(f"image_size must be a multiple of 32. Received: {image_size!r}.")
    return size


def efficientnet_lite0_map_network(size):
    """The trained, frozen network from prepared images to four maps, and its weights' hash.

    Args:
        size: int, the images' side, a multiple of 32.

    Raises:
        ValueError: if `size` is not one, or the weights were changed on disk.
    """
    size = checked_size(size)
    description, weights = read_shipped(NAME)
    network = efficientnet_lite0_network((size, size, 3), maps=True)
    # The layers are the first ones of the whole network: Keras numbers them in their order.
    network.load_weights(weights)
    network.trainable = False
    return network, description["sha256"]


def efficientnet_lite0_maps(image_shape, image_size=None):
    """The feature maps of EfficientNet-Lite0 at strides 4, 8, 16 and 32.

    Use it for a perceptual distance, or as the frozen network of a projected discriminator: it is
    differentiable, and takes the images as they are.

    Args:
        image_shape: `(height, width, channels)` of the images, 1 or 3 channels.
        image_size: int, a multiple of 32, the side that images are resized to. Defaults to
            `None`, 224.

    Returns:
        A frozen `keras.Model` from images with values 0 to 255 to maps of 24, 40, 112 and 320
        channels, named by their stride.

    Raises:
        ValueError: if `image_size` is not a multiple of 32.

    Example:

    ```python
    import keras_san
    import numpy as np

    maps = keras_san.metrics.extractors.efficientnet_lite0_maps((32, 32, 1), image_size=64)
    shapes = [output.shape for output in maps(np.zeros((2, 32, 32, 1)))]
    assert shapes == [(2, 16, 16, 24), (2, 8, 8, 40), (2, 4, 4, 112), (2, 2, 2, 320)]
    ```

    Reference: Sauer et al., "Projected GANs Converge Faster", 2021, section 3.2, which takes the
    maps at these four strides.
    """
    with full_precision():
        return _maps(image_shape, checked_size(image_size))


def _maps(image_shape, size):
    network, _ = efficientnet_lite0_map_network(size)
    images = keras.Input(image_shape)
    target = (size, size, 3)
    prepared = Preprocess(image_shape, target, "bicubic_antialiased", OFFSET, SCALE)(images)
    outputs = network(prepared, training=False)
    named = [
        layers.Identity(name=f"stride_{stride}")(output)
        for stride, output in zip((4, 8, 16, 32), outputs, strict=True)
    ]
    model = keras.Model(images, named, name="efficientnet_lite0_maps")
    model.trainable = False
    return model
