"""Any discriminator as a SAN discriminator."""

import keras
import numpy as np
from keras import ops

from keras_san.layers.conv2d import Conv2D
from keras_san.layers.projection import Projection
from keras_san.layers.san_conv2d import SANConv2D
from keras_san.layers.san_dense import SANDense
from keras_san.layers.san_head import SANHead
from keras_san.layers.spectral_normalization import SpectralNormalization
from keras_san.models.discriminator import Discriminator


def to_san(discriminator, scale_unit="auto"):
    """The discriminator with its last linear layer turned into a SAN head.

    The trunk's layers are shared with the original; the head takes over direction and norm of
    the last layer's weights, so the converted network gives the same scores. A spectral
    normalisation of the last layer is dropped, its norm kept in the scale. An output bias is not
    part of `<w, h>`: it is moved into the bias of the head's inputs, which gives the same scores.

    Args:
        discriminator: built `Sequential`, functional model, or discriminator of this library,
            whose last layer is a `Dense` or `Conv2D` layer without activation, or a SAN head,
            which stays as it is.
        scale_unit: of the head, see `keras_san.layers.SANHead`; `"auto"` is `"sqrt"` where the
            trunk has spectral normalisation, which keeps it from growing, else `1.0`. Defaults to
            `"auto"`.

    Returns:
        A `keras_san.models.Discriminator`.

    Raises:
        ValueError: if the last layer is not linear or a unit of it zero, or the model is neither
            sequential nor functional.

    Example:
    ```python
    import keras
    import keras_san

    discriminator = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    san_discriminator = keras_san.to_san(discriminator)
    ```

    Reference: Takida et al., "SAN", ICLR 2024, section 5.
    """
    trunk, last = _trunk_and_last(discriminator)
    if scale_unit == "auto":
        scale_unit = "sqrt" if _has_spectral_normalization(trunk) else 1.0
    # A Keras model that ends in a SAN head lacks nothing but the pair.
    is_head = isinstance(last, SANHead) and not isinstance(discriminator, Discriminator)
    return Discriminator(
        trunk,
        last if is_head else _san_head(last, scale_unit),
        frozen=getattr(discriminator, "frozen", None),
        name=f"{discriminator.name}_san",
    )


def _has_spectral_normalization(trunk):
    kinds = (SpectralNormalization, keras.layers.SpectralNormalization)
    return any(isinstance(layer, kinds) for layer in trunk._flatten_layers())


def _trunk_and_last(discriminator):
    if isinstance(discriminator, Discriminator):
        return discriminator.trunk, discriminator.head
    if not isinstance(discriminator, (keras.Sequential, keras.models.Model)) or not getattr(
        discriminator, "inputs", None
    ):
        raise ValueError(
            "Expected a built sequential or functional discriminator, or one of keras_san. "
            f"Received: {type(discriminator).__name__} {getattr(discriminator, 'name', '')!r}. "
            "Split a subclassed model yourself: `keras_san.models.Discriminator(trunk, head)`."
        )
    if len(discriminator.outputs) != 1:
        raise ValueError(
            f"Expected a discriminator with one output. Received: {len(discriminator.outputs)}"
        )
    history = discriminator.outputs[0]._keras_history
    last = history.operation
    if not isinstance(last, keras.layers.Layer):
        raise ValueError(_not_linear(last))
    inputs = discriminator.inputs
    features = last._inbound_nodes[history.node_index].input_tensors[0]
    trunk = keras.Model(
        inputs if len(inputs) > 1 else inputs[0], features, name=f"{discriminator.name}_trunk"
    )
    return trunk, last


def _san_head(last, scale_unit):
    layer, kernel = last, None
    if isinstance(last, SpectralNormalization):
        layer, kernel = last.layer, last.normalized_kernel(training=False)
    elif isinstance(last, keras.layers.SpectralNormalization):
        # Keras's own keeps the normalised kernel in the layer.
        layer = last.layer
    if type(layer) is keras.layers.Dense:
        head = SANDense(
            layer.units, kernel_initializer=layer.kernel_initializer, scale_unit=scale_unit
        )
    elif type(layer) in (keras.layers.Conv2D, Conv2D):
        _check_convolution(layer)
        head = SANConv2D(
            layer.filters,
            layer.kernel_size,
            strides=layer.strides,
            padding=layer.padding,
            kernel_initializer=layer.kernel_initializer,
            scale_unit=scale_unit,
        )
    else:
        raise ValueError(_not_linear(last))
    if layer.activation is not keras.activations.linear:
        raise ValueError(
            f"The last layer {last.name!r} has the activation "
            f"{keras.activations.serialize(layer.activation)!r}: a SAN head is linear. Drop the "
            "activation; the objectives of keras_san take raw scores."
        )
    kernel = ops.cast(layer.kernel if kernel is None else kernel, "float32")
    head.build((None, *([None] * (len(kernel.shape) - 2)), kernel.shape[-2]))
    _take_over(head, kernel, layer.bias if layer.use_bias else None)
    return head


def _take_over(head, kernel, bias):
    axes = tuple(range(len(kernel.shape) - 1))
    scale = ops.sqrt(ops.sum(ops.square(kernel), axis=axes))
    if not ops.convert_to_numpy(ops.all(scale > 0.0)):
        raise ValueError(
            "A unit of the last layer has weights of zero, which have no direction, and a SAN head "
            "made of them would never learn. Initialise the layer with something else."
        )
    head.kernel.assign(kernel / ops.maximum(scale, 1e-12))
    head.assign_scales(scale)
    if bias is None or not ops.convert_to_numpy(ops.any(ops.not_equal(bias, 0.0))):
        return
    if len(kernel.shape) == 4 and head.padding == "same":
        raise ValueError(
            "The last convolution has padding='same' and a bias that is not zero: a bias added "
            "to the inputs cannot stand for it at the borders. Set the bias to zero first."
        )
    head.bias.assign(_input_bias(ops.convert_to_numpy(kernel), ops.convert_to_numpy(bias)))


def _input_bias(kernel, bias):
    """The least-norm b with <b, kernel> = output bias, for all units at once."""
    matrix = kernel.reshape(-1, *kernel.shape[-2:]).sum(axis=0).T
    input_bias = np.linalg.lstsq(matrix, bias, rcond=None)[0]
    if not np.allclose(matrix @ input_bias, bias, rtol=1e-3, atol=1e-5):
        raise ValueError(
            f"No bias of the {matrix.shape[1]} inputs of the last layer gives the bias of its "
            f"{matrix.shape[0]} outputs: their kernels depend on each other. Set the bias to zero "
            "first."
        )
    return input_bias


def _check_convolution(layer):
    if layer.data_format != "channels_last" or tuple(layer.dilation_rate) != (1, 1):
        raise ValueError(
            f"The last convolution {layer.name!r} must be channels-last and without dilation. "
            f"Received: data_format={layer.data_format!r}, dilation_rate={layer.dilation_rate}"
        )
    if layer.groups != 1 or layer.padding not in ("valid", "same"):
        raise ValueError(
            f"The last convolution {layer.name!r} must have one group and 'valid' or 'same' "
            f"padding. Received: groups={layer.groups}, padding={layer.padding!r}"
        )


def _not_linear(last):
    hint = " It is class-conditional: build with `SANProjection`." * isinstance(last, Projection)
    return (
        f"The last layer {last.name!r} is a {type(last).__name__}. Expected a linear one, Dense or "
        f"Conv2D, whose weights become the SAN direction: take layers after it off.{hint}"
    )
