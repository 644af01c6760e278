"""`fit` on Python generators."""

import numpy as np

import keras_san


def test_a_generator_of_images_alone():
    def batches():
        while True:
            yield np.zeros((4, 32, 32, 1), "uint8")

    model = keras_san.models.build("dcgan", (32, 32, 1), width=2, latent_dim=4)
    model.compile()
    history = model.fit(batches(), steps_per_epoch=2, verbose=0).history
    assert history["images_seen"] == [8]
