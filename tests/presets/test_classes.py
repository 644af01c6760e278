"""A conditional preset goes on with other classes: each begins as the mean of the old ones."""

import keras
import numpy as np
import pytest
from tiny_gan import make_model as tiny_gan

from keras_san.models import architectures, build
from keras_san.presets import layout, load_preset
from keras_san.presets.classes import with_classes


def values(weight):
    return keras.ops.convert_to_numpy(weight.value)


@pytest.mark.parametrize("name", architectures())
def test_every_new_class_is_the_mean_of_the_old_ones(name):
    size = architectures()[name].resolutions[0]
    model = build(name, (size, size, 3), num_classes=3, width=4)
    other = with_classes(model, 5)
    assert other.num_classes == 5
    found = 0
    for network in layout.NETWORKS:
        pairs = [getattr(one, network).weights for one in (model, other)]
        for old, new in zip(*pairs, strict=True):
            if tuple(old.shape) == tuple(new.shape):
                np.testing.assert_allclose(values(new), values(old), atol=1e-6)
                continue
            (axis,) = np.flatnonzero(np.not_equal(old.shape, new.shape))
            assert (old.shape[axis], new.shape[axis]) == (3, 5)
            expected = np.repeat(values(old).mean(axis, keepdims=True), 5, axis)
            if new.constraint is not None:
                expected = new.constraint(keras.ops.convert_to_tensor(expected))
            expected = keras.ops.convert_to_numpy(expected)
            np.testing.assert_allclose(values(new), expected, atol=1e-6)
            found += 1
    assert found
    images = other.generate(2, seed=0, labels=[0, 4])
    assert images.shape == (2, size, size, 3)


def test_a_preset_trains_on_with_other_classes(new_model, tmp_path):
    folder = new_model(num_classes=3).save_preset(tmp_path / "classes")
    model = load_preset(folder, num_classes=2)
    same = model.generate(seeds=[7, 7], labels=[0, 1])
    np.testing.assert_array_equal(same[0], same[1])
    model.compile()
    images = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 1), "uint8")
    model.fit(images, np.arange(8) % 2, batch_size=4, verbose=0)
    assert load_preset(folder, num_classes=3).num_classes == 3


def test_what_has_no_classes_is_refused(folder, new_model):
    with pytest.raises(ValueError, match="num_classes=4 of a preset with 0"):
        load_preset(folder, num_classes=4)
    with pytest.raises(ValueError, match="Images without classes are of one class"):
        with_classes(new_model(num_classes=3), 0)
    with pytest.raises(ValueError, match="of a built-in architecture"):
        with_classes(tiny_gan(num_classes=3), 2)
