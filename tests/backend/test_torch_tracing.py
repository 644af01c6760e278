"""Traces of models on PyTorch: what the model gives, also after its weights have changed."""

import keras
import numpy as np
import pytest

if keras.backend.backend() != "torch":
    pytest.skip("traces are PyTorch's", allow_module_level=True)

import torch

from keras_san import models
from keras_san.backend.torch_tracing import CALLS_BEFORE_TRACE, ROWS, Traced


def call_often(traced, inputs, times=CALLS_BEFORE_TRACE + 2):
    return [np.array(traced(inputs)) for _ in range(times)]


def generator(**options):
    """A small generator whose images differ."""
    model = models.DCGANGenerator((32, 32, 1), width=4, latent_dim=8, **options)
    random = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(random.normal(scale=0.5, size=weight.shape))
    return model


def counting(model):
    """The same model, and how often its layers ran."""
    calls = []
    inner = model.call

    def call(*arguments, **keywords):
        calls.append(1)
        return inner(*arguments, **keywords)

    model.call = call
    return calls


def test_many_rows_are_taken_some_at_a_time():
    model = generator(num_classes=3)
    shapes, inner = [], model.call

    def call(inputs, **keywords):
        shapes.append(tuple(len(tensor) for tensor in inputs))
        return inner(inputs, **keywords)

    model.call = call
    count = 2 * ROWS + 3
    inputs = [torch.randn(count, 8), torch.arange(count) % 3]
    expected = np.array(model(inputs, training=False).detach())
    shapes.clear()
    found = np.array(Traced(model)(inputs))
    assert shapes == [(ROWS, ROWS), (ROWS, ROWS), (3, 3)]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    # Outputs by name stay so.
    symbol = keras.Input((8,))
    named = Traced(keras.Model(symbol, {"double": 2.0 * symbol}))
    assert torch.equal(named(inputs[0])["double"], 2.0 * inputs[0])


def test_a_trace_is_the_model_and_follows_its_weights():
    model = generator()
    calls = counting(model)
    traced, latents = Traced(model), torch.randn(2, 8)
    first, *others = call_often(traced, latents)
    done = len(calls)
    for images in others:
        np.testing.assert_allclose(images, first, atol=1e-6)
    call_often(traced, latents)
    assert len(calls) == done, "the layers still run"
    for weight in model.weights:
        weight.assign(weight.value * 1.1)
    changed = np.array(traced(latents))
    assert len(calls) == done
    assert np.abs(changed - first).max() > 1e-3
    np.testing.assert_allclose(
        changed, np.array(model(latents, training=False).detach()), atol=1e-6
    )


def test_weights_that_move_are_found_again():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    traced, x = Traced(model), torch.ones(1, 3)
    call_often(traced, x)
    kernel = model.layers[0].kernel
    with torch.no_grad():
        kernel.value.data = torch.full((3, 2), 5.0)
    np.testing.assert_allclose(np.array(traced(x)), 15.0)


def test_every_shape_has_its_trace_and_labels_go_along():
    model = generator(num_classes=3)
    traced = Traced(model)
    for count in (1, 3):
        inputs = [torch.randn(count, 8), torch.arange(count)]
        first, *others = call_often(traced, inputs)
        assert first.shape == (count, 32, 32, 1)
        np.testing.assert_allclose(others[-1], first, atol=1e-6)
    swapped = np.array(traced([inputs[0], inputs[1].flip(0)]))
    assert np.abs(swapped - first).max() > 1e-4


@pytest.mark.parametrize("kind", ["branch", "random"])
def test_what_no_trace_follows_runs_as_it_is(kind):
    class Odd(keras.Layer):
        def call(self, x):
            if kind == "random":
                return x + float(np.random.normal())
            return x + 1 if bool((x > 0).all()) else x - 1

    model = keras.Sequential([keras.Input((2,)), Odd()])
    traced = Traced(model)
    ones, twos = torch.ones(1, 2), -torch.ones(1, 2)
    results = call_often(traced, ones)
    if kind == "random":
        assert len({float(x[0, 0]) for x in results}) == len(results)
    else:
        np.testing.assert_allclose(results[-1], 2.0)
        np.testing.assert_allclose(np.array(traced(twos)), -2.0)
