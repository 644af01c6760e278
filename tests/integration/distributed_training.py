"""A few steps of training, alone or shared out; the program that `test_distribution.py` starts.

KERAS_BACKEND=jax python tests/integration/distributed_training.py ENGINE OUT.npz
"""

import sys
import tempfile

import numpy as np

BATCH, STEPS = 8, 5


def main(engine, path):
    """Trains with an engine, and where one process can, without it too for comparison."""
    import keras

    from keras_san import backend

    if keras.backend.backend() == "tensorflow":
        _split_the_cpu()
    alone = engine in ("none", "mirrored", "devices")
    results = {}
    if alone:
        results |= {f"alone/{name}": value for name, value in _train("none").items()}
    if engine != "none":
        together = _train("jax" if engine == "devices" else engine)
        results |= {f"together/{name}": value for name, value in together.items()}
    if backend.process_index() == 0:
        np.savez(path, **results)


def _train(engine):
    import keras

    import keras_san
    from keras_san import backend

    results = {}
    makers = {"convolutional": _convolutional, "noisy": _noisy, "average": _average}
    for name, make in makers.items():
        with keras_san.distribute(engine):
            model = make()
        images = np.random.default_rng(0).integers(
            0, 256, (BATCH * STEPS * model.discriminator_steps, *model.image_shape), "uint8"
        )
        history = model.fit(_batches(images, model), verbose=0).history
        for key in ("discriminator_loss", "generator_loss", "gradient_penalty", "images_seen"):
            results[f"{name}/log/{key}"] = np.float32(history[key][-1])
        for index, variable in enumerate(model.variables):
            # By number and kind: Keras counts up the names of layers.
            label = f"{name}/{index:03d} {variable.name}"
            results[label] = np.asarray(keras.ops.convert_to_numpy(variable))
    if engine != "none" and backend.process_index() == 0:
        # While the other processes go on.
        with tempfile.TemporaryDirectory() as folder:
            model.save_preset(folder)
    return results


def _noisy():
    """What draws by the row, and terms that are taken now and then and need all rows."""
    from keras_san.models import TrainingScheme

    scheme = TrainingScheme(label_flipping=0.3, generator_batch_size=2 * BATCH)
    return _plain("non_saturating", ["dragan", "lecam::2", "path_length"], scheme)


def _average():
    """A loss that compares with the means of the whole batch, and weights over all of it."""
    from keras_san.losses import RelativisticAverage

    return _plain(RelativisticAverage())


def _plain(loss="hinge", penalties=(), scheme=None):
    """No batch statistics: dense layers, spectral normalisation, two discriminator updates."""
    import keras

    from keras_san import SANModel, layers, models

    keras.utils.set_random_seed(1)
    latents = keras.Input((4,))
    pixels = keras.layers.Dense(64, activation="tanh")(
        keras.layers.Dense(16, activation="relu")(latents)
    )
    generator = keras.Model(latents, keras.layers.Reshape((8, 8, 1))(pixels))
    seen = keras.Input((8, 8, 1))
    features = layers.SpectralNormalization(keras.layers.Dense(16))(keras.layers.Flatten()(seen))
    trunk = keras.Model(seen, keras.layers.LeakyReLU(0.1)(features))
    return _compiled(
        SANModel(
            generator,
            models.Discriminator(trunk, layers.SANDense(1)),
            discriminator_steps=2,
            seed=3,
        ),
        loss,
        penalties,
        scheme,
    )


def _convolutional():
    """A DCGAN of one level: transposed convolution, batch and spectral normalisation."""
    import keras

    from keras_san import SANModel, layers, models

    keras.utils.set_random_seed(2)
    latents = keras.Input((4,))
    x = keras.layers.Reshape((4, 4, 4))(keras.layers.Dense(64)(latents))
    x = layers.Conv2DTranspose(4, 4, strides=2, padding="same")(x)
    x = keras.layers.ReLU()(layers.BatchNormalization()(x))
    images = layers.Conv2D(1, 3, padding="same", activation="tanh")(x)
    seen = keras.Input((8, 8, 1))
    x = layers.SpectralNormalization(layers.Conv2D(4, 4, strides=2, padding="same"))(seen)
    trunk = keras.Model(seen, layers.GlobalSumPooling2D()(keras.layers.LeakyReLU(0.1)(x)))
    return _compiled(
        SANModel(
            keras.Model(latents, images), models.Discriminator(trunk, layers.SANDense(1)), seed=4
        )
    )


def _compiled(model, loss="hinge", penalties=(), scheme=None):
    import keras

    import keras_san

    # A bias before batch normalisation has no gradient but rounding, which Adam would blow up to
    # full steps in random directions: a larger epsilon leaves noise small.
    optimizers = [keras.optimizers.Adam(1e-2, beta_1=0.5, epsilon=1e-2) for _ in range(2)]
    penalties = [keras_san.penalties.GradientPenalty(), *penalties]
    model.compile(loss, *optimizers, penalties=penalties, scheme=scheme)
    return model


def _batches(images, model):
    """Batches of a step, in order: shared out by `fit` on all backends but TensorFlow."""
    import keras

    import keras_san

    size = BATCH * model.discriminator_steps
    if keras.backend.backend() != "tensorflow":
        return keras_san.data.arrays(images, batch_size=size, shuffle=False)
    import tensorflow as tf

    # A strategy gives a replica contiguous rows of the batch: those of both updates, side by side.
    replicas = model.distribute_strategy.num_replicas_in_sync
    parts = images.reshape(STEPS, model.discriminator_steps, replicas, -1, *images.shape[1:])
    rows = np.swapaxes(parts, 1, 2).reshape(images.shape)
    return tf.data.Dataset.from_tensor_slices(rows).batch(size)


def _split_the_cpu():
    import tensorflow as tf

    device = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        device, [tf.config.LogicalDeviceConfiguration() for _ in range(2)]
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
