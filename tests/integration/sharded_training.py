"""A BigGAN-deep on one device and with its kernels sharded over four: for `test_distribution.py`.

KERAS_BACKEND=jax python tests/integration/sharded_training.py OUT.npz
"""

import sys

import keras
import numpy as np

import keras_san
from keras_san.models.biggan_deep import biggan_deep_tables as tables

STEPS, BATCH = 3, 8


def main(path):
    """Trains twice from the same weights, and counts what was sharded."""
    # One block each and self-attention: what the architecture is made of, quick to compile.
    tables.GENERATORS[8] = tables._read("2  1+ @")
    tables.DISCRIMINATORS[8] = tables._read("1  2- @")
    results = {f"alone/{name}": value for name, value in _train()[0].items()}

    mesh = keras.distribution.DeviceMesh((2, 2), ("batch", "model"))
    layout = keras.distribution.LayoutMap(mesh)
    layout[".*convolution.*kernel"] = (None, None, None, "model")
    layout[".*dense.*kernel"] = (None, "model")
    keras.distribution.set_distribution(
        keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch")
    )
    values, sharded = _train()
    results |= {f"together/{name}": value for name, value in values.items()}
    np.savez(path, sharded=sharded, **results)


def _train():
    keras.utils.set_random_seed(1)
    generator = keras_san.models.BigGANDeepGenerator((8, 8, 1), 4, width=8)
    discriminator = keras_san.models.BigGANDeepDiscriminator((8, 8, 1), width=8)
    model = keras_san.SANModel(generator, discriminator, discriminator_steps=1, seed=3)
    optimizers = [keras.optimizers.Adam(1e-2, beta_1=0.0, epsilon=1e-2) for _ in range(2)]
    model.compile("hinge", *optimizers, penalties=())
    images = np.random.default_rng(0).integers(0, 256, (STEPS * BATCH, 8, 8, 1), "uint8")
    data = keras_san.data.arrays(images, batch_size=BATCH, shuffle=False)
    history = model.fit(data, verbose=0).history
    results = {
        f"log/{name}": np.float32(history[name][-1])
        for name in ("discriminator_loss", "generator_loss")
    }
    for index, variable in enumerate(model.variables):
        results[f"{index:03d} {variable.name}"] = np.asarray(variable.value)
    # After training, so that an update did not gather them.
    sharded = sum(
        len({str(shard.index) for shard in variable.value.addressable_shards}) > 1
        for variable in model.trainable_variables
    )
    return results, sharded


if __name__ == "__main__":
    main(*sys.argv[1:])
