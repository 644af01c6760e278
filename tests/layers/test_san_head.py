"""What every SAN head must hold: separated gradients, the sphere, float32."""

import keras
import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san import backend
from keras_san.layers import SANConv2D, SANDense, SANEmbedding, SANProjection
from keras_san.models.head import make_head

LABELS = np.array([2, 0, 1, 0], "int32")


def features(*shape):
    return np.random.default_rng(2).normal(size=(4, *shape)).astype("float32")


# Name: (class, arguments, features or None, whether it takes labels, shape of the inputs).
HEADS = {
    "dense": (SANDense, {"units": 2}, features(3), False),
    "conv2d": (SANConv2D, {"filters": 2, "kernel_size": 2}, features(3, 3, 2), False),
    "embedding": (SANEmbedding, {"num_classes": 3, "features": 4}, None, True),
    "projection": (SANProjection, {"num_classes": 3}, features(4), True),
    "shared": (SANProjection, {"num_classes": 3, "shared": True}, features(4), True),
}


def make(name, kind=None, **arguments):
    """A built head off its initial state, and its call on features."""
    base, defaults, x, takes_labels = HEADS[name]
    head = (kind or base)(**defaults, **arguments)

    def call(x=x, **kwargs):
        if x is None:
            return head(LABELS, **kwargs)
        return head([x, LABELS] if takes_labels else x, **kwargs)

    call()
    random = np.random.default_rng(1)
    for weight in head.weights:
        weight.assign(random.normal(size=weight.shape))
    return head, call, x


def direction_of(head):
    return head.embeddings if hasattr(head, "embeddings") else head.kernel


def separation_faults(head, call, x):
    """Which weights learn from a part of the pair from which they must not."""
    faults = []
    direction = direction_of(head)
    inputs = [] if x is None else [x]
    for part, name in enumerate(("fun", "dir")):

        def total(*x, part=part):
            return ops.sum(ops.square(call(*x, direction_pair=True)[part] - 0.5))

        result = gradients(total, head.weights, inputs)
        for weight, gradient in zip([*head.weights, *inputs], result, strict=True):
            learns = np.abs(gradient).max() > 1e-6
            expected = (weight is direction) == (name == "dir")
            if learns != expected:
                faults.append((name, getattr(weight, "name", "inputs")))
    return faults


@pytest.mark.parametrize("name", HEADS)
def test_gradients_are_separated(name):
    assert separation_faults(*make(name)) == []


@pytest.mark.parametrize("name", HEADS)
def test_swapped_pair_is_caught(name):
    class Swapped(HEADS[name][0]):
        """The fault of early implementations: the two tensors exchanged."""

        def call(self, inputs, direction_pair=False):
            outputs = super().call(inputs, direction_pair=direction_pair)
            return outputs[::-1] if direction_pair else outputs

    head, call, x = make(name, Swapped)
    # Every weight, and the inputs, learn from the wrong part and not from the right one.
    assert len(separation_faults(head, call, x)) == 2 * (len(head.weights) + (x is not None))


@pytest.mark.parametrize("name", HEADS)
def test_pair_has_the_value_of_the_single_output(name):
    _, call, _ = make(name)
    single = ops.convert_to_numpy(call())
    for output in call(direction_pair=True):
        close(ops.convert_to_numpy(output), single, 1e-6)


@pytest.mark.parametrize("name", HEADS)
def test_ablation_without_stop_gradient(name):
    head, call, x = make(name, stop_gradient=False)
    inputs = [] if x is None else [x]
    for part in (0, 1):

        def total(*x, part=part):
            return ops.sum(ops.square(call(*x, direction_pair=True)[part] - 0.5))

        result = gradients(total, head.weights, inputs)
        assert all(np.abs(gradient).max() > 1e-6 for gradient in result)


@pytest.mark.parametrize("name", HEADS)
def test_ablation_without_normalization(name):
    head, call, _ = make(name, normalize=False)
    direction = direction_of(head)
    assert direction.constraint is None
    before = ops.convert_to_numpy(call())
    direction.assign(direction * 2.0)
    close(ops.convert_to_numpy(call()), 2.0 * before)
    # With the sphere the length of the weight means nothing.
    head, call, _ = make(name)
    direction = direction_of(head)
    before = ops.convert_to_numpy(call())
    direction.assign(direction * 2.0)
    close(ops.convert_to_numpy(call()), before)


@pytest.mark.parametrize("name", HEADS)
def test_ablation_without_normalization_starts_alike(name):
    """The switch changes how the head trains, not where it starts."""
    initializer = keras.initializers.RandomNormal(stddev=0.7, seed=5)
    _, defaults, x, takes_labels = HEADS[name]
    key = "embeddings_initializer" if takes_labels else "kernel_initializer"
    inputs = LABELS if x is None else [x, LABELS] if takes_labels else x
    values = [
        HEADS[name][0](**defaults, **{key: initializer}, normalize=normalize)(inputs)
        for normalize in (True, False)
    ]
    close(*(ops.convert_to_numpy(value) for value in values), 1e-6)


ENTRIES = {"dense": 3, "conv2d": 8, "embedding": 4, "projection": 4, "shared": 4}


@pytest.mark.parametrize("name", HEADS)
def test_the_unit_of_the_scale_turns_its_pace_alone(name):
    """With "sqrt" a step of Adam moves the scale as far as it would the norm of `n` entries."""
    initializer = keras.initializers.RandomNormal(stddev=0.7, seed=5)
    cls, defaults, x, takes_labels = HEADS[name]
    key = "kernel_initializer" if name in ("dense", "conv2d") else "embeddings_initializer"
    inputs = LABELS if x is None else [x, LABELS] if takes_labels else x
    values, starts, moves = [], [], []
    for unit in (1.0, "sqrt"):
        head = cls(**defaults, **{key: initializer}, scale_unit=unit)
        values.append(ops.convert_to_numpy(head(inputs)))
        starts.append(ops.convert_to_numpy(head.scales()))
        optimizer = keras.optimizers.Adam(1e-3)
        optimizer.build([head.scale])
        backend.minimize(
            lambda head=head: (ops.sum(head(inputs, direction_pair=True)[0]), {}),
            [head.scale],
            optimizer,
        )
        moves.append(ops.convert_to_numpy(head.scales()) - starts[-1])
    close(*values, 1e-6)
    close(*starts, 1e-6)
    close(np.abs(moves[0]), np.full_like(moves[0], 1e-3), 1e-3)
    close(moves[1], moves[0] * np.sqrt(ENTRIES[name]), 1e-3)


def test_scales_are_set_in_units_of_one():
    head = SANDense(2, scale_unit=4.0)
    head(np.ones((1, 3), "float32"))
    head.assign_scales([2.0, 6.0])
    close(ops.convert_to_numpy(head.scales()), [2.0, 6.0], 1e-6)
    close(ops.convert_to_numpy(head.scale), [0.5, 1.5], 1e-6)


@pytest.mark.parametrize("unit", [0, -1.0, "root", None, float("inf")])
def test_an_impossible_unit_is_refused(unit):
    with pytest.raises(ValueError, match="scale_unit"):
        SANDense(scale_unit=unit)


@pytest.mark.parametrize("head", ["san", "san_shared", "san_classifier"])
@pytest.mark.parametrize(("spectral", "unit"), [(True, "sqrt"), (False, 1.0)])
def test_the_scale_behind_a_trunk_that_cannot_grow_does_not_lag(head, spectral, unit):
    made = make_head(head, 0 if head == "san" else 3, spectral_normalization=spectral)
    assert getattr(made, "scores", made).scale_unit == unit


def test_behind_spectral_normalization_both_heads_start_alike():
    """There the dense head has unit norm, and so has the SAN head's start."""
    initializer = keras.initializers.RandomNormal(stddev=0.02, seed=5)
    x = features(3)
    heads = [
        make_head(name, 0, initializer, spectral_normalization=True) for name in ("dense", "san")
    ]
    dense, san = (ops.convert_to_numpy(head(x)) for head in heads)
    close(san, dense, 1e-6)


def test_heads_that_tell_classes_start_alike_too():
    initializer = keras.initializers.RandomNormal(stddev=0.02, seed=5)
    x = features(3)
    dense, san = (
        make_head(f"{name}_classifier", 3, initializer, use_bias=False, spectral_normalization=True)
        for name in ("dense", "san")
    )
    close(ops.convert_to_numpy(san(x)), ops.convert_to_numpy(dense(x)), 1e-6)
    # However large the raw kernel grows, as in the head without classes.
    before = ops.convert_to_numpy(dense(x))
    dense.kernel.assign(7.0 * dense.kernel)
    close(ops.convert_to_numpy(dense(x)), before, 1e-5)
    assert [w.name for w in dense.scores.layer.weights] == ["kernel"]


def norms(head):
    """The norms that the sphere constraint keeps at one."""
    weight = ops.convert_to_numpy(direction_of(head))
    if getattr(head, "shared", False):
        squares = np.square(weight[:1] + weight[1:]).sum(1)
        return np.sqrt(squares.mean(keepdims=True))
    if hasattr(head, "embeddings"):
        return np.linalg.norm(weight, axis=1)
    return np.linalg.norm(weight.reshape(-1, weight.shape[-1]), axis=0)


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize("optimizer", ["Adam", "SGD", "RMSprop"])
def test_direction_stays_on_the_sphere(name, optimizer):
    head, call, _ = make(name)
    direction = direction_of(head)
    direction.assign(direction.constraint(direction))
    before = ops.convert_to_numpy(direction)
    optimizer = getattr(keras.optimizers, optimizer)(0.1)
    optimizer.build(head.trainable_variables)

    def loss_fn():
        fun, part = call(direction_pair=True)
        return ops.sum(ops.square(fun - 1.0)) + ops.sum(part), {}

    for _ in range(2):
        backend.minimize(loss_fn, head.trainable_variables, optimizer)
        close(norms(head), np.ones_like(norms(head)), 1e-6)
    assert np.abs(ops.convert_to_numpy(direction) - before).max() > 1e-3


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("name", HEADS)
def test_computes_in_float32_under_mixed_precision(name, policy):
    expected = ops.convert_to_numpy(make(name)[1]())
    keras.config.set_dtype_policy(policy)
    head, call, x = make(name)
    assert head.compute_dtype == head.variable_dtype == "float32"
    assert all(weight.dtype == "float32" for weight in head.weights)
    outputs = [call(), *call(direction_pair=True)]
    if x is not None:
        half = ops.cast(x, policy.removeprefix("mixed_"))
        outputs.append(call(half))
    for output in outputs:
        assert keras.backend.standardize_dtype(output.dtype) == "float32"
    for output in outputs[:3]:
        close(ops.convert_to_numpy(output), expected, 1e-6)
    # An explicit policy is treated like the global one.
    keras.config.set_dtype_policy("float32")
    assert make(name, dtype=policy)[0].compute_dtype == "float32"


def test_does_not_overflow_in_float16():
    keras.config.set_dtype_policy("mixed_float16")
    head = SANDense(1, kernel_initializer="ones")
    score = ops.convert_to_numpy(head(np.full((1, 256), 1e3, "float16")))
    close(score, [[256e3]])


@pytest.mark.parametrize("name", ["dense", "conv2d", "projection", "shared"])
def test_direction_converges_to_the_mean_feature_difference(name):
    """On frozen features the direction loss alone finds the optimal direction."""
    head, call, x = make(name)
    head.scale.assign(np.ones(head.scale.shape))
    direction = direction_of(head)
    direction.assign(direction.constraint(direction))
    random = np.random.default_rng(6)
    real = random.normal(size=x.shape).astype("float32") + 1.0
    fake = random.normal(size=x.shape).astype("float32")
    optimizer = keras.optimizers.SGD(0.3)
    variables = [direction]
    optimizer.build(variables)

    def loss_fn():
        of_real = call(real, direction_pair=True)[1]
        of_fake = call(fake, direction_pair=True)[1]
        return ops.mean(of_fake) - ops.mean(of_real), {}

    for _ in range(60):
        backend.minimize(loss_fn, variables, optimizer)
    found, optimal = directions_and_differences(name, head, real - fake)
    cosines = (found * optimal).sum(1) / np.linalg.norm(optimal, axis=1)
    assert cosines.min() > 0.9999


def directions_and_differences(name, head, difference):
    """Unit directions and mean feature differences, a row each."""
    if name in ("projection", "shared"):
        found = ops.convert_to_numpy(head.class_directions())
        return found, np.stack([difference[LABELS == k].mean(0) for k in range(3)])
    kernel = ops.convert_to_numpy(head.kernel)
    if name == "conv2d":
        difference = np.stack(
            [difference[:, i : i + 2, j : j + 2].mean((0, 1, 2)) for i in (0, 1) for j in (0, 1)]
        ).reshape(-1)
    else:
        difference = difference.mean(0)
    found = kernel.reshape(-1, kernel.shape[-1]).T
    return found, np.broadcast_to(difference, found.shape)
