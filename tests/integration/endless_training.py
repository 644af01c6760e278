"""Trains until it is ended, a line an epoch; the program that `test_worker_dies.py` starts.

KERAS_BACKEND=jax python tests/integration/endless_training.py
"""

import sys

import distributed_training
import keras
import numpy as np


class Say(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print("epoch", epoch, flush=True)


def main():
    import keras_san
    from keras_san.backend import jax_distribution

    # The default is long beside a test.
    jax_distribution._HEARTBEAT_SECONDS = 8
    with keras_san.distribute("jax"):
        model = distributed_training._plain()
    images = np.zeros((16, *model.image_shape), "uint8")
    model.fit(
        distributed_training._batches(images, model), epochs=10**9, verbose=0, callbacks=[Say()]
    )


if __name__ == "__main__":
    sys.exit(main())
