"""TensorFlow: gradient tapes inside the `tf.function` that Keras makes of the step."""

import contextlib
import functools
import os
import threading

import keras
import tensorflow as tf
from absl import logging

from keras_san.backend.batch import images_and_labels
from keras_san.backend.parts import mean_of_parts
from keras_san.backend.power_iteration import singular_value
from keras_san.backend.state_scope import StateScope
from keras_san.backend.synchronized import synchronized_batch_normalization
from keras_san.backend.tensorflow_distribution import all_mean, replica_count
from keras_san.backend.upsampled import nearest

WITHOUT_ONEDNN = (
    "TensorFlow was imported before keras_san and runs without oneDNN on this processor: "
    "convolutions are several times as slow. Import keras_san first, or set "
    "TF_ENABLE_ONEDNN_OPTS=1 in the environment."
)


def _warn_without_onednn():
    """Warns where `keras_san` asked for oneDNN too late, on a CPU that TensorFlow needs it on."""
    try:
        from tensorflow.python.util import _pywrap_util_port as build
    except ImportError:
        return
    # Who set it to 0 knows. Logical devices would fix the configuration of the devices.
    asked = os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "1"
    if asked and build.IsX86Available() and not build.IsMklEnabled():
        if not tf.config.list_physical_devices("GPU"):
            logging.warning(WITHOUT_ONEDNN)


_warn_without_onednn()


# Whether the step that is traced goes to XLA with a number of rows that is not known.
_traced = threading.local()


class Trainer:
    """Runs `update(images, labels)` and `assess(images, labels)` inside Keras's trainer."""

    def train_step(self, data):
        """One step; returns the logs."""
        images, labels = images_and_labels(data)
        _traced.open_rows = bool(self.jit_compile) and images.shape[0] is None
        try:
            return self.update(images, labels)
        finally:
            _traced.open_rows = False

    def test_step(self, data):
        """One evaluation step; returns the logs."""
        images, labels = images_and_labels(data)
        return self.assess(images, labels)


def detached(function, kept=()):
    """The result of `function()` without gradient; see `keras_san.backend.jax.detached`."""
    with StateScope() as scope:
        result = tf.nest.map_structure(tf.stop_gradient, function())
    scope.keep(kept)
    return result


def minimize(loss_fn, variables, optimizer, frozen=()):
    """One optimizer update over exactly `variables`; see `keras_san.backend.jax.minimize`."""
    gradients, logs = mean_of_parts(
        functools.partial(_gradients, variables=variables, optimizer=optimizer, frozen=frozen),
        loss_fn,
    )
    optimizer.apply(gradients, variables)
    return logs


def _gradients(loss_fn, variables, optimizer, frozen):
    """Gradients and logs of one loss; see `keras_san.backend.jax`."""
    values = [variable.value for variable in variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        with StateScope() as scope:
            loss, logs = loss_fn()
        # Keras sums the gradients of the replicas, and each loss is a mean over its own rows.
        loss = optimizer.scale_loss(loss) / replica_count()
    gradients = tape.gradient(loss, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    # An embedding's gradient comes sparse, and sparse updates differ from those of other backends.
    gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
    # The update of a variable was seen to overtake a read of it that the loss, or the gradient of
    # another, still needed, control dependency or not: none begins before all of them are there.
    with tf.control_dependencies([loss, *gradients, *tf.nest.flatten(logs)]):
        gradients = [tf.identity(gradient) for gradient in gradients]
        for variable, value in scope.updates(frozen):
            variable.assign(value)
    return gradients, logs


def lazily(condition, function):
    """`function()` where `condition` holds, else zero; see `keras_san.backend.jax.lazily`."""
    changed = []

    def run():
        with StateScope() as scope:
            value = function()
        updates = scope.updates()
        changed[:] = [variable for variable, _ in updates]
        return value, [tf.convert_to_tensor(value) for _, value in updates]

    def skip():
        # TensorFlow traces the other branch first, so what it changes is known.
        return tf.zeros(()), [tf.convert_to_tensor(variable.value) for variable in changed]

    if tf.executing_eagerly():
        return function() if condition else tf.zeros(())
    if replica_count() > 1 or getattr(_traced, "open_rows", False):
        # No replica may wait for the others inside a branch, and terms and batch statistics do;
        # and XLA fails at gradients inside one where the number of rows is not known.
        value, state = run()
        for variable, new in zip(changed, state, strict=True):
            variable.assign(tf.where(condition, new, variable.value))
        return tf.where(condition, value, 0.0)
    value, state = tf.cond(condition, run, skip)
    for variable, new in zip(changed, state, strict=True):
        variable.assign(new)
    return value


def input_gradient(function, inputs):
    """Gradient of `sum(function(inputs))` by `inputs`, itself differentiable."""
    inputs = tf.convert_to_tensor(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        total = tf.reduce_sum(function(inputs))
    return tape.gradient(total, inputs, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def conv(inputs, kernel, strides, padding, bias=None):
    """2-D convolution, channels-last; see `keras_san.backend.jax.conv`."""
    outputs = keras.ops.conv(
        inputs, kernel, strides=strides, padding=padding, data_format="channels_last"
    )
    return outputs if bias is None else outputs + bias


def conv_transpose(inputs, kernel, strides, padding, bias=None):
    """Transposed 2-D convolution, channels-last; see `keras_san.backend.jax.conv_transpose`."""
    outputs = keras.ops.conv_transpose(
        inputs, kernel, strides=strides, padding=padding, data_format="channels_last"
    )
    return outputs if bias is None else outputs + bias


def depthwise_conv(inputs, kernel, strides, padding, bias=None):
    """2-D convolution of each channel by itself; see `keras_san.backend.jax.depthwise_conv`."""
    if inputs.dtype == tf.bfloat16 and max(strides) > 1 and not _has_accelerator():
        # oneDNN has no fast gradient of it: see `keras_san.backend.torch.depthwise_conv`.
        inputs, kernel = tf.cast(inputs, tf.float32), tf.cast(kernel, tf.float32)
        outputs = tf.cast(depthwise_conv(inputs, kernel, strides, padding), tf.bfloat16)
    else:
        outputs = keras.ops.depthwise_conv(
            inputs, kernel, strides=strides, padding=padding, data_format="channels_last"
        )
    return outputs if bias is None else outputs + bias


@tf.custom_gradient
def upsampled(maps):
    """Maps of twice the height and width; see `keras_san.backend.upsampled`."""

    def gradient(upstream):
        # On the CPU far faster than the sum that is the gradient of a broadcast.
        return 4.0 * tf.nn.avg_pool2d(upstream, 2, 2, "VALID")

    return nearest(maps), gradient


def batch_normalization(inputs, gamma, beta, epsilon):
    """Batch normalisation of a batch; see `keras_san.backend.jax.batch_normalization`."""
    if replica_count() > 1:
        return synchronized_batch_normalization(inputs, gamma, beta, epsilon, all_mean)
    if inputs.dtype == tf.float64:
        inputs = tf.cast(inputs, tf.float32)
    # Sixteen bits go in and out as they are: the kernel computes in full precision.
    outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
        inputs, gamma, beta, epsilon=epsilon, is_training=True
    )
    # The kernel gives the unbiased variance, which has no sense for a single value.
    count = tf.cast(tf.size(inputs) / tf.size(mean), tf.float32)
    return outputs, mean, variance * (tf.maximum(count - 1.0, 1.0) / count)


def normalize_by(inputs, mean, variance, gamma, beta, epsilon):
    """Normalisation with given statistics; see `keras_san.backend.jax.normalize_by`."""
    return keras.ops.batch_normalization(
        keras.ops.cast(inputs, "float32"),
        mean,
        variance,
        axis=-1,
        offset=beta,
        scale=gamma,
        epsilon=epsilon,
    )


def with_rows(tensor, least, message):
    """A tensor whose number of rows the graph does not know, which fails if they are too few."""
    check = tf.debugging.assert_greater_equal(tf.shape(tensor)[0], least, message=message)
    with tf.control_dependencies([] if check is None else [check]):
        return tf.identity(tensor)


def lay_out(variables):
    """Nothing: the compiler chooses the layout; see `keras_san.backend.torch.lay_out`."""


def lerp(variables, targets, weight):
    """Moves variables towards others; see `keras_san.backend.jax.lerp`."""
    for variable, target in zip(variables, targets, strict=True):
        change = (keras.ops.cast(target, variable.dtype) - variable) * keras.ops.cast(
            weight, variable.dtype
        )
        variable.assign(variable + change)


def copy(variables, sources):
    """Gives variables the values of others; see `keras_san.backend.jax.copy`."""
    for variable, source in zip(variables, sources, strict=True):
        variable.assign(source)


def power_iteration(matrix, left, iterations, epsilon):
    """The largest singular value of a matrix; see `keras_san.backend.power_iteration`."""
    return singular_value(matrix, left, iterations, epsilon)


def compiled(model):
    """A function `inputs -> outputs` of `model` in inference mode, compiled, without gradient."""
    return tf.function(
        lambda inputs: model(inputs, training=False),
        reduce_retracing=True,
        jit_compile=prefers_jit_compile(),
    )


def value_and_input_gradient(model):
    """Values and gradient of `model`; see `keras_san.backend.jax.value_and_input_gradient`."""

    @functools.partial(tf.function, reduce_retracing=True, jit_compile=prefers_jit_compile())
    def call(inputs):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(inputs[0])
            values = model(inputs, training=False)
        return values, tape.gradient(values, inputs[0])

    return call


@contextlib.contextmanager
def exact_float32():
    """Inside, no TensorFloat-32; see `keras_san.backend.jax.exact_float32`."""
    switch = tf.config.experimental
    before = switch.tensor_float_32_execution_enabled()
    switch.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        switch.enable_tensor_float_32_execution(before)


def prefers_jit_compile():
    """Whether `jit_compile=True` is the fast choice: on GPU and TPU; XLA is slow on the CPU."""
    return _has_accelerator()


def _has_accelerator():
    return bool(tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("TPU"))


def prefers_joint_pass():
    """Whether real and generated images are faster together; see `keras_san.backend.jax`."""
    return True
