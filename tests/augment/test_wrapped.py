"""Which of Keras's augmentation layers carry a gradient in a compiled step: what `get` refuses."""

import keras
import numpy as np
import pytest
from gradients import gradients
from keras import ops

from keras_san import augment

IMAGES = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 8, 8, 3)).astype("float32")
RANGE = {"value_range": (-1.0, 1.0)}
LAYERS = {
    "RandomFlip": {},
    "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.2},
    "RandomRotation": {"factor": 0.2},
    "RandomZoom": {"height_factor": 0.2},
    "RandomBrightness": {"factor": 0.2, **RANGE},
    "RandomContrast": {"factor": 0.2, **RANGE},
    "RandomSaturation": {"factor": 0.9, **RANGE},
    "RandomHue": {"factor": 0.5, **RANGE},
    "RandomColorJitter": {"brightness_factor": 0.2, "saturation_factor": 0.9, **RANGE},
}


@pytest.mark.parametrize("name", LAYERS)
def test_layer(name, backend):
    """A layer that is taken has a gradient; one that has none is refused by name."""
    layer = getattr(keras.layers, name)(**LAYERS[name], seed=3)
    try:
        wrapped = augment.get(layer)
    except ValueError as error:
        assert name in str(error) and backend == "tensorflow"
        with pytest.raises(Exception):  # noqa: B017
            (slope,) = gradients(lambda x: ops.sum(layer(x, training=True)), inputs=[IMAGES])
            if not np.abs(slope).max() > 0.0:
                raise ValueError("no gradient") from None
        return
    (slope,) = gradients(lambda x: ops.sum(ops.square(wrapped(x))), inputs=[IMAGES])
    assert np.isfinite(slope).all() and np.abs(slope).max() > 0.0
    assert len(wrapped.variables) == len(layer.variables) > 0


def test_elastic_transform_is_refused_on_jax(backend):
    layer = keras.layers.RandomElasticTransform()
    if backend == "jax":
        with pytest.raises(ValueError, match="No gradient passes .*RandomElasticTransform"):
            augment.get(layer)
    else:
        assert augment.get(layer).function is layer


def test_keras_cv_is_for_the_input_pipeline():
    """Its layers run in `tf.data` on every backend, which is where they are of use."""
    keras_cv = pytest.importorskip("keras_cv", reason="needs the extra [keras_cv]")
    tf = pytest.importorskip("tensorflow")
    layer = keras_cv.layers.RandomFlip()
    with pytest.raises(ValueError, match="a `tf.data` pipeline only"):
        augment.get(layer)
    images = tf.data.Dataset.from_tensor_slices(IMAGES).batch(2)
    (batch,) = images.map(lambda x: layer(x, training=True))
    assert batch.shape == IMAGES.shape
