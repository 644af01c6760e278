"""Spectral normalisation: the true norm, the raw kernel kept, golden numbers for all backends."""

import keras
import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san.layers import Conv2DTranspose, SpectralNormalization

KINDS = {
    "dense": (lambda: keras.layers.Dense(4), (3, 5)),
    "conv2d": (lambda: keras.layers.Conv2D(4, 3, strides=2, padding="same"), (3, 5, 5, 2)),
    "conv2d_transpose": (lambda: Conv2DTranspose(3, 4, strides=2, padding="same"), (3, 4, 4, 2)),
    "embedding": (lambda: keras.layers.Embedding(6, 4), None),
}


def make(kind, power_iterations=1):
    """A built layer with a kernel and a vector from NumPy, and its inputs."""
    plain, shape = KINDS[kind]
    layer = SpectralNormalization(plain(), power_iterations=power_iterations)
    random = np.random.default_rng(7)
    if shape is None:
        inputs = np.array([[1, 5], [0, 1]])
    else:
        inputs = random.normal(size=shape).astype("float32")
    layer(inputs)
    for weight in [*layer.layer.weights, layer.vector]:
        weight.assign(random.normal(size=weight.shape))
    return layer, inputs


def matrix(kind, kernel):
    """The kernel as a matrix with one row an output (an embedding: one row a class)."""
    if kind == "embedding":
        return kernel
    if kind == "conv2d_transpose":
        return kernel.transpose(2, 0, 1, 3).reshape(kernel.shape[2], -1)
    return kernel.reshape(-1, kernel.shape[-1]).T


def unit(vector):
    return vector / np.linalg.norm(vector)


def power_iteration(rows, left, steps):
    """u, v and sigma after `steps`, in double precision."""
    rows, left = rows.astype("float64"), left.astype("float64")
    right = unit(left @ rows)
    for _ in range(steps):
        right = unit(left @ rows)
        left = unit(rows @ right)
    return left, right, left @ rows @ right


def snapshot(layer):
    return ops.convert_to_numpy(layer.kernel), ops.convert_to_numpy(layer.vector)


@pytest.mark.parametrize("kind", KINDS)
def test_sigma_becomes_the_largest_singular_value(kind):
    layer, _ = make(kind, power_iterations=100)
    layer.normalized_kernel(training=True)
    kernel, _ = snapshot(layer)
    normalized = ops.convert_to_numpy(layer.normalized_kernel())
    sigma = np.linalg.svd(matrix(kind, kernel), compute_uv=False)[0]
    close(normalized, kernel / sigma, 1e-4)
    top = np.linalg.svd(matrix(kind, normalized), compute_uv=False)[0]
    close(top, 1.0, 1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_training_calls_move_the_vector_and_keep_the_kernel(kind):
    layer, inputs = make(kind)
    kernel, left = snapshot(layer)
    for _ in range(3):
        layer(inputs, training=True)
        left, _, _ = power_iteration(matrix(kind, kernel), left, 1)
        kernel_now, vector = snapshot(layer)
        close(vector, left)
        np.testing.assert_array_equal(kernel_now, kernel)


@pytest.mark.parametrize("kind", KINDS)
def test_inference_changes_nothing_and_equals_the_last_training_vectors(kind):
    layer, inputs = make(kind, power_iterations=2)
    kernel, left = snapshot(layer)
    layer(inputs, training=True)
    # Inference takes v from the kept u: u^T W v is then ||W^T u||.
    left, _, _ = power_iteration(matrix(kind, kernel), left, 2)
    sigma = np.linalg.norm(left @ matrix(kind, kernel))
    close(ops.convert_to_numpy(layer.normalized_kernel()), kernel / sigma)
    before = snapshot(layer)
    first = ops.convert_to_numpy(layer(inputs, training=False))
    second = ops.convert_to_numpy(layer(inputs))
    np.testing.assert_array_equal(first, second)
    for now, then in zip(snapshot(layer), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("kind", KINDS)
def test_converged_training_and_inference_agree(kind):
    layer, inputs = make(kind, power_iterations=60)
    layer(inputs, training=True)
    training = ops.convert_to_numpy(layer(inputs, training=True))
    close(ops.convert_to_numpy(layer(inputs, training=False)), training, 1e-4)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("power_iterations", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_output_is_the_golden_one(kind, power_iterations, training):
    """The wrapped layer's own output with the kernel that NumPy normalises."""
    layer, inputs = make(kind, power_iterations)
    kernel, left = snapshot(layer)
    steps = power_iterations if training else 0
    if training:
        _, _, sigma = power_iteration(matrix(kind, kernel), left, steps)
    else:
        # The vector as it stands, here of any length: u^T W v with v = W^T u / ||W^T u||.
        sigma = np.linalg.norm(left @ matrix(kind, kernel))
    found = ops.convert_to_numpy(layer(inputs, training=training))
    layer.kernel.assign(kernel / sigma)
    close(found, ops.convert_to_numpy(layer.layer(inputs)))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_gradient_passes_through_sigma(kind, training):
    """d <C, W / sigma> / dW = C / sigma - <C, W> / sigma^2 u v^T, with u and v fixed."""
    layer, _ = make(kind)
    kernel, left = snapshot(layer)
    rows = matrix(kind, kernel)
    if training:
        left, right, sigma = power_iteration(rows, left, 1)
    else:
        right = unit(left @ rows)
        sigma = left @ rows @ right
    cotangent = np.random.default_rng(8).normal(size=kernel.shape).astype("float32")

    def total():
        return ops.sum(ops.multiply(layer.normalized_kernel(training), cotangent))

    (found,) = gradients(total, [layer.kernel])
    inner = (cotangent * kernel).sum()
    expected = matrix(kind, cotangent) / sigma - inner / sigma**2 * np.outer(left, right)
    close(matrix(kind, found), expected, 1e-4)


def test_gradient_of_the_output_reaches_kernel_and_bias():
    layer, inputs = make("conv2d")
    result = gradients(lambda: ops.sum(layer(inputs, training=True)), layer.trainable_variables)
    assert len(result) == 2
    assert all(np.abs(gradient).max() > 1e-3 for gradient in result)


def test_the_vector_is_no_trainable_weight():
    layer, _ = make("dense")
    assert [weight.name for weight in layer.trainable_weights] == ["kernel", "bias"]
    assert len(layer.non_trainable_weights) == 1


def test_activation_and_bias_of_the_wrapped_layer_are_kept():
    layer = SpectralNormalization(keras.layers.Dense(4, activation="relu"))
    inputs = np.random.default_rng(7).normal(size=(3, 5)).astype("float32")
    layer(inputs)
    layer.layer.bias.assign([-0.5, 0.5, 0.0, 1.0])
    kernel = ops.convert_to_numpy(layer.normalized_kernel())
    expected = np.maximum(inputs @ kernel + [-0.5, 0.5, 0.0, 1.0], 0.0)
    close(ops.convert_to_numpy(layer(inputs)), expected)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_iterates_in_float32(policy):
    layer, inputs = make("conv2d")
    golden = ops.convert_to_numpy(layer(inputs, training=True))
    vector = snapshot(layer)[1]
    keras.config.set_dtype_policy(policy)
    layer, inputs = make("conv2d")
    output = layer(inputs, training=True)
    assert keras.backend.standardize_dtype(output.dtype) == policy.removeprefix("mixed_")
    close(ops.convert_to_numpy(ops.cast(output, "float32")), golden, 0.03)
    assert layer.vector.dtype == layer.kernel.dtype == "float32"
    close(snapshot(layer)[1], vector)


@pytest.mark.parametrize(
    "layer",
    [
        lambda: keras.layers.BatchNormalization(),
        lambda: keras.layers.Flatten(),
        lambda: keras.layers.Conv1D(2, 3),
        lambda: keras.layers.DepthwiseConv2D(3),
        lambda: keras.layers.Conv2DTranspose(2, 3),
    ],
)
def test_refuses_other_layers(layer):
    layer = layer()
    with pytest.raises(ValueError, match=f"Spectral.*Received: {type(layer).__name__}"):
        SpectralNormalization(layer)


@pytest.mark.parametrize("power_iterations", [0, -1, 1.5])
def test_refuses_power_iterations(power_iterations):
    with pytest.raises(ValueError, match="`power_iterations` must be a positive integer"):
        SpectralNormalization(keras.layers.Dense(1), power_iterations=power_iterations)


def test_a_bias_of_channels_first():
    if keras.backend.backend() == "tensorflow":
        pytest.skip("TensorFlow has no such convolution on the CPU")
    plain = keras.layers.Conv2D(8, 3, padding="same", data_format="channels_first")
    layer = SpectralNormalization(plain)
    inputs = np.random.default_rng(0).normal(size=(1, 3, 8, 8)).astype("float32")
    layer(inputs)
    plain.bias.assign(np.arange(8.0))
    found = ops.convert_to_numpy(layer(inputs, training=False))
    plain.kernel.assign(layer.normalized_kernel(training=False))
    close(found, ops.convert_to_numpy(plain(inputs)), 1e-5)


def test_a_call_of_its_own_is_not_passed_over():
    class Doubled(keras.layers.Dense):
        def call(self, inputs, training=None):
            return 2.0 * super().call(inputs)

    with pytest.raises(ValueError, match="Doubled has a `call` of its own"):
        SpectralNormalization(Doubled(3))
