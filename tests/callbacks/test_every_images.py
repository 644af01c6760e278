"""When periodic callbacks act."""

import keras
import numpy as np
import pytest
from tiny_gan import counter, drive

from keras_san.callbacks import EveryImages


class Watched(EveryImages):
    def __init__(self, every_images):
        super().__init__(every_images)
        self.acted = []

    def act(self, images_seen):
        self.acted.append(images_seen)


@pytest.mark.parametrize(
    ("every", "steps", "epochs", "expected"),
    [
        (8, 2, 3, [8, 16, 24]),
        (8, 3, 2, [8, 16, 24]),
        (12, 2, 3, [12, 24]),
        (10, 6, 1, [12, 24]),
        (1, 2, 1, [4, 8]),
        (1000, 2, 1, [8]),
    ],
)
def test_period_and_end(every, steps, epochs, expected):
    callback = Watched(every)
    drive(callback, counter(), steps, epochs)
    assert callback.acted == expected


def test_it_counts_from_where_the_model_stands():
    callback = Watched(8)
    drive(callback, counter(1004), steps=4)
    assert callback.acted == [1012, 1020]


def test_it_counts_on_over_fits():
    callback, model = Watched(12), counter()
    drive(callback, model, steps=1)
    drive(callback, model, steps=4)
    assert callback.acted == [4, 16, 20]


def test_it_begins_anew_with_another_model_or_an_earlier_state():
    callback, model = Watched(8), counter()
    drive(callback, model, steps=4)
    drive(callback, counter(), steps=3)
    assert callback.acted == [8, 16, 8, 12]
    model.images_seen = 4
    drive(callback, model, steps=2)
    assert callback.acted[4:] == [12]
    model.images_seen = 0
    drive(callback, model, steps=2)
    assert callback.acted[5:] == [8]


@pytest.mark.parametrize("value", [0, -1, 2.5, True])
def test_wrong_period(value):
    with pytest.raises(ValueError, match="every_images must be a positive integer"):
        EveryImages(every_images=value)


def test_a_model_without_a_count():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="Sequential has no `images_seen`"):
        model.fit(np.zeros((4, 2)), np.zeros((4, 1)), verbose=0, callbacks=[Watched(4)])
