"""The statistic of a batch against NumPy, and the groups of any batch size."""

import keras
import numpy as np
import pytest
from gradients import close
from keras import ops

from keras_san.layers import MinibatchStdDev, SANDense
from keras_san.models import Discriminator
from keras_san.models.scorer import Scorer

X = np.random.default_rng(1).normal(size=(6, 2, 3, 4)).astype("float32")


def expected(x, group, parts):
    groups = len(x) // group
    result = np.empty((*x.shape[:3], parts))
    for index in range(groups):
        members = x[index::groups]
        deviation = np.sqrt(members.var(0) + 1e-8)
        statistics = deviation.reshape(*x.shape[1:3], parts, -1).mean((0, 1, 3))
        result[index::groups] = statistics
    return np.concatenate([x, result], axis=-1)


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize(
    ("count", "group_size", "group"), [(6, 3, 3), (6, 4, 2), (5, 4, 1), (4, 4, 4)]
)
def test_against_numpy(count, group_size, group, parts):
    layer = MinibatchStdDev(group_size, parts)
    outputs = ops.convert_to_numpy(layer(X[:count]))
    close(outputs, expected(X[:count], group, parts))


def test_real_and_generated_images_are_never_in_one_group():
    images = keras.Input((2, 3, 4))
    trunk = keras.Model(images, keras.layers.Flatten()(MinibatchStdDev()(images)))
    scorer = Scorer(Discriminator(trunk, SANDense(1)))
    scores = [scorer.compare(X, fake, None, training=True)[0] for fake in (X, 9.0 * X)]
    real, again = (ops.convert_to_numpy(pairs[0][0]) for pairs in scores)
    np.testing.assert_array_equal(real, again)


def test_refusals():
    with pytest.raises(ValueError, match="Received: group_size=0"):
        MinibatchStdDev(0)
    with pytest.raises(ValueError, match="4 channels cannot be divided into num_channels=3"):
        MinibatchStdDev(num_channels=3)(X)
