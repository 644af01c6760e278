"""A GAN of a few hundred weights, so that a step compiles and runs at once."""

from types import SimpleNamespace

import keras
import numpy as np

import keras_san
from keras_san.models import Discriminator, SANModel
from keras_san.models.head import make_head

SHAPE = (8, 8, 1)


def make_model(num_classes=0, head="san", **compile_arguments):
    """A compiled model with dropout, batch and spectral normalisation: all kinds of state."""
    latents = keras.Input((4,))
    labels = keras.Input((), dtype="int32")
    hidden = keras.layers.BatchNormalization()(keras.layers.Dense(8)(latents))
    if num_classes:
        hidden = hidden + keras.layers.Embedding(num_classes, 8)(labels)
    pixels = keras.layers.Dense(64, activation="tanh")(keras.layers.ReLU()(hidden))
    images = keras.layers.Reshape(SHAPE)(pixels)
    generator = keras.Model([latents, labels] if num_classes else latents, images)

    seen = keras.Input(SHAPE)
    features = keras_san.layers.SpectralNormalization(keras.layers.Dense(8))(
        keras.layers.Flatten()(seen)
    )
    features = keras.layers.Dropout(0.25, seed=3)(keras.layers.LeakyReLU(0.1)(features))
    trunk = keras.Model(seen, features)
    discriminator = Discriminator(trunk, make_head(head, num_classes))
    model = SANModel(generator, discriminator, num_classes=num_classes)
    model.compile(**{"loss": "hinge"} | compile_arguments)
    return model


def make_images(count=16):
    return np.random.default_rng(5).integers(0, 256, (count, *SHAPE), "uint8")


def state(model):
    """Every variable that matters, as arrays."""
    variables = [*model.variables, *model.optimizer.variables]
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def disturb(model, seed=0):
    """Gives every variable another value, as training would, without the time it takes."""
    generator = np.random.default_rng(seed)
    for variable in [*model.variables, *model.optimizer.variables]:
        value = keras.ops.convert_to_numpy(variable)
        variable.assign(generator.integers(1, 100, value.shape).astype(value.dtype))
    model.images_seen.assign(8)


def train(model, steps, start=0, epochs=1, callbacks=()):
    """Steps of 4 images each, from an endless stream after its first `start` batches."""
    dataset = keras_san.data.arrays(make_images(), batch_size=4, repeat=True, start_batch=start)
    history = model.fit(
        dataset, steps_per_epoch=steps, epochs=epochs, verbose=0, callbacks=list(callbacks)
    )
    return history.history


def drive(callback, model, steps, epochs=1, first=0, logs=None):
    """Calls a callback as `fit` does, with a `model` that only counts 4 images a step."""
    callback.set_model(model)
    model.stop_training = False
    callback.on_train_begin()
    for epoch in range(first, first + epochs):
        callback.on_epoch_begin(epoch)
        for step in range(steps):
            callback.on_train_batch_begin(step)
            count(model, 4)
            step_logs = {"images_seen": float(int(model.images_seen)), **(logs or {})}
            callback.on_train_batch_end(step, step_logs)
            if model.stop_training:
                break
        callback.on_epoch_end(epoch, dict(step_logs))
        if model.stop_training:
            break
    callback.on_train_end()


def count(model, images):
    if isinstance(model.images_seen, int):
        model.images_seen += images
    else:
        model.images_seen.assign_add(images)


def counter(images_seen=0, **attributes):
    """A stand-in for a model, which only counts."""
    return SimpleNamespace(images_seen=images_seen, stop_training=False, **attributes)
