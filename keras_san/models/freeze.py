"""Fine-tuning with part of the discriminator held still."""

import keras


def freeze_discriminator_layers(model, count):
    """Holds the first layers of a discriminator still, for fine-tuning on few images (FreezeD).

    Call it before `compile`; a model that is compiled must be compiled again. The number is saved
    with the model.

    Args:
        model: `keras_san.SANModel`, usually `from_preset`.
        count: int, how many layers with weights, from the image on; 0 frees all.

    Raises:
        ValueError: if the discriminator's trunk has fewer layers with weights.

    Example:
    ```python
    import keras_san

    model = keras_san.SANModel.from_preset("dcgan_fashion_mnist_32")
    keras_san.models.freeze_discriminator_layers(model, 3)
    model.compile()
    ```

    Reference: Mo et al., "Freeze the Discriminator", 2020, section 3.
    """
    trunk = getattr(model.discriminator, "trunk", model.discriminator)
    layers = [layer for layer in trunk.layers if layer.weights]
    if not 0 <= count <= len(layers):
        raise ValueError(
            f"The discriminator has {len(layers)} layers with weights before its head. Received: "
            f"count={count!r}"
        )
    # Beyond what this function held before, layers stay as their owner has them.
    for index, layer in enumerate(layers[: max(count, model.frozen_discriminator_layers)]):
        layer.trainable = index >= count
        # What normalises by the batch goes on in training mode: only weights are held.
        for inner in layer._flatten_layers():
            if not isinstance(inner, keras.layers.BatchNormalization):
                continue
            inner.trainable = True
            for weight in (inner.gamma, inner.beta):
                if weight is not None:
                    weight.trainable = index >= count
    model.frozen_discriminator_layers = count
