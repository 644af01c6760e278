"""JAX: the whole step is one pure function of the model's state, compiled by XLA as one program."""

import functools

import jax
import keras

from keras_san.backend.batch import images_and_labels
from keras_san.backend.parts import mean_of_parts
from keras_san.backend.power_iteration import singular_value
from keras_san.backend.state_scope import StateScope
from keras_san.backend.upsampled import nearest


class Trainer:
    """Runs `update(images, labels)` and `assess(images, labels)` inside Keras's JAX trainer."""

    def train_step(self, state, data):
        """One step: `(logs, new state)` from the state that Keras donates to it."""
        groups = (
            self.trainable_variables,
            self.non_trainable_variables,
            self.optimizer.variables,
            self.metrics_variables,
        )
        return _stateless(self.update, groups, state, data)

    def test_step(self, state, data):
        """One evaluation step: `(logs, new state)`; only metrics change."""
        groups = (self.trainable_variables, self.non_trainable_variables, self.metrics_variables)
        return _stateless(self.assess, groups, state, data)

    def _purge_model_variables(self, **groups):
        """Keeps what Keras would drop: without it a first step that fails costs all weights.

        It costs no memory, as the step takes over the buffers of the values.
        """


def _stateless(step, groups, state, data):
    images, labels = images_and_labels(data)
    variables = [variable for group in groups for variable in group]
    values = [value for group in state for value in group]
    with StateScope(zip(variables, values, strict=True)) as scope:
        logs = step(images, labels)
    return logs, tuple([scope.get_current_value(v) for v in group] for group in groups)


def detached(function, kept=()):
    """The result of `function()`, without gradient and without the state that it would change.

    Args:
        function: without arguments, to a nest of tensors.
        kept: variables that it may change all the same.
    """
    with StateScope() as scope:
        result = jax.lax.stop_gradient(function())
    scope.keep(kept)
    return result


def minimize(loss_fn, variables, optimizer, frozen=()):
    """One optimizer update over exactly `variables`.

    Args:
        loss_fn: function without arguments that returns `(loss, logs)`, or a list of such
            functions, whose mean is minimised one after the other: the state and the memory are
            those of one, the update is that of all.
        variables: the variables that the optimizer was built with.
        optimizer: a built `keras.optimizers.Optimizer`.
        frozen: variables whose changes during the forward pass are dropped; all others (batch
            statistics, power-iteration vectors, seeds) keep theirs.

    Returns:
        `logs`, as `loss_fn` gave it (the mean of all), without gradient.
    """
    gradients, logs = mean_of_parts(
        functools.partial(_gradients, variables=variables, optimizer=optimizer, frozen=frozen),
        loss_fn,
    )
    values = [variable.value for variable in variables]
    optimizer_values = [variable.value for variable in optimizer.variables]
    values, optimizer_values = optimizer.stateless_apply(optimizer_values, gradients, values)
    _assign([*variables, *optimizer.variables], [*values, *optimizer_values])
    return logs


def _gradients(loss_fn, variables, optimizer, frozen):
    """Gradients and logs of one loss; the state that it changes is kept."""
    changed = []

    def scaled_loss(values):
        with StateScope(zip(variables, values, strict=True)) as scope:
            loss, logs = loss_fn()
        updates = scope.updates(frozen)
        changed[:] = [variable for variable, _ in updates]
        return optimizer.scale_loss(loss), (logs, [value for _, value in updates])

    values = [variable.value for variable in variables]
    (_, (logs, state)), gradients = jax.value_and_grad(scaled_loss, has_aux=True)(values)
    _assign(changed, state)
    return gradients, logs


def lazily(condition, function):
    """The scalar `function()` where `condition` holds, else zero, at no cost but a branch.

    State that the function changes is kept, and gradients flow.

    Args:
        condition: boolean scalar tensor.
        function: without arguments, to a scalar of float32.
    """
    changed = []

    def run():
        with StateScope() as scope:
            value = function()
        updates = scope.updates()
        changed[:] = [variable for variable, _ in updates]
        return value, [value for _, value in updates]

    # A dry run tells which state changes, so that the other branch can return it unchanged.
    jax.eval_shape(run)
    unchanged = [variable.value for variable in changed]
    value, state = jax.lax.cond(condition, run, lambda: (jax.numpy.zeros((), "float32"), unchanged))
    _assign(changed, state)
    return value


def input_gradient(function, inputs):
    """Gradient of `sum(function(inputs))` by `inputs`, itself differentiable.

    State that the forward pass changes is kept.
    """
    changed = []

    def total(inputs):
        with StateScope() as scope:
            outputs = function(inputs)
        updates = scope.updates()
        changed[:] = [variable for variable, _ in updates]
        return outputs.sum(), [value for _, value in updates]

    gradient, state = jax.grad(total, has_aux=True)(inputs)
    _assign(changed, state)
    return gradient


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def conv(inputs, kernel, strides, padding, bias=None):
    """2-D convolution, channels-last.

    Args:
        inputs: tensor `(batch, height, width, in)`.
        kernel: tensor `(rows, columns, in, out)`.
        strides: pair of integers.
        padding: `"same"` or `"valid"`.
        bias: tensor `(out,)`, or None.
    """
    outputs = keras.ops.conv(
        inputs, kernel, strides=strides, padding=padding, data_format="channels_last"
    )
    return outputs if bias is None else outputs + bias


def conv_transpose(inputs, kernel, strides, padding, bias=None):
    """Transposed 2-D convolution, channels-last, with a fast kernel gradient.

    XLA computes the kernel gradient of a strided transposed convolution on a naive path on the
    CPU. The transposed convolution is the adjoint of the strided convolution, so both gradients
    are that convolution's: by the inputs it is the convolution of the cotangent, by the kernel it
    is the convolution's own kernel gradient taken at the layer's inputs.

    Args:
        inputs: tensor `(batch, height, width, in)`.
        kernel: tensor `(rows, columns, out, in)`.
        strides: pair of integers.
        padding: `"same"` or `"valid"`.
        bias: tensor `(out,)`, or None.
    """
    outputs = _conv_transpose(inputs, kernel, tuple(strides), padding)
    return outputs if bias is None else outputs + bias


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def _conv_transpose(inputs, kernel, strides, padding):
    return keras.ops.conv_transpose(
        inputs, kernel, strides=strides, padding=padding, data_format="channels_last"
    )


def _conv_transpose_forward(inputs, kernel, strides, padding):
    return _conv_transpose(inputs, kernel, strides, padding), (inputs, kernel)


def _conv_transpose_backward(strides, padding, residuals, cotangent):
    inputs, kernel = residuals

    def adjoint(kernel):
        return jax.lax.conv_general_dilated(
            cotangent,
            kernel,
            window_strides=strides,
            padding=padding.upper(),
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )

    inputs_gradient, kernel_gradient = jax.vjp(adjoint, kernel)
    return inputs_gradient, kernel_gradient(inputs)[0]


_conv_transpose.defvjp(_conv_transpose_forward, _conv_transpose_backward)


def depthwise_conv(inputs, kernel, strides, padding, bias=None):
    """2-D convolution of each channel by itself, channels-last, one filter a channel.

    Args:
        inputs: `(batch, height, width, channels)`.
        kernel: `(rows, columns, channels, 1)`.
        strides: pair of ints.
        padding: `"valid"` or `"same"`.
        bias: tensor `(channels,)`, or None.
    """
    if jax.default_backend() == "cpu":
        # XLA's grouped convolution on the CPU takes ten times as long as a sum of shifted maps.
        outputs = _sum_of_shifted_maps(inputs, kernel, tuple(strides), padding)
    else:
        outputs = keras.ops.depthwise_conv(
            inputs, kernel, strides=strides, padding=padding, data_format="channels_last"
        )
    return outputs if bias is None else outputs + bias


@functools.partial(jax.jit, static_argnums=(2, 3))
def _sum_of_shifted_maps(inputs, kernel, strides, padding):
    sizes = list(zip(inputs.shape[1:3], kernel.shape[:2], strides, strict=True))
    margins = [(0, 0), (0, 0)]
    if padding == "same":
        totals = [max((-(-size // step) - 1) * step + k - size, 0) for size, k, step in sizes]
        margins = [(total // 2, total - total // 2) for total in totals]
        inputs = jax.numpy.pad(inputs, ((0, 0), *margins, (0, 0)))
    ends = [size + sum(margin) - k + 1 for (size, k, _), margin in zip(sizes, margins, strict=True)]
    outputs = 0.0
    for row in range(kernel.shape[0]):
        for column in range(kernel.shape[1]):
            rows = slice(row, row + ends[0], strides[0])
            columns = slice(column, column + ends[1], strides[1])
            outputs = outputs + inputs[:, rows, columns] * kernel[row, column, :, 0]
    return outputs


def upsampled(maps):
    """Maps of twice the height and width; see `keras_san.backend.upsampled`."""
    return nearest(maps)


def batch_normalization(inputs, gamma, beta, epsilon):
    """Normalises channels-last images with the statistics of the batch.

    Args:
        inputs: tensor `(batch, height, width, channels)` of any float dtype.
        gamma: tensor `(channels,)` of float32.
        beta: tensor `(channels,)` of float32.
        epsilon: float, added to the variance.

    Returns:
        Outputs in the dtype of `inputs` or float32; mean and (biased) variance of the batch,
        float32.
    """
    inputs = inputs.astype("float32")
    mean, variance = keras.ops.moments(inputs, axes=(0, 1, 2))
    outputs = keras.ops.batch_normalization(
        inputs, mean, variance, axis=-1, offset=beta, scale=gamma, epsilon=epsilon
    )
    return outputs, mean, variance


def normalize_by(inputs, mean, variance, gamma, beta, epsilon):
    """Normalises channels-last images with given statistics.

    Args:
        inputs: tensor `(batch, height, width, channels)` of any float dtype.
        mean: tensor `(channels,)` of float32, as the three after it.
        variance: tensor.
        gamma: tensor.
        beta: tensor.
        epsilon: float, added to the variance.

    Returns:
        Outputs in float32.
    """
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
    """The tensor: the number of its rows is known here; see `keras_san.backend.tensorflow`."""
    return tensor


def lay_out(variables):
    """Nothing: the compiler chooses the layout; see `keras_san.backend.torch.lay_out`."""


def lerp(variables, targets, weight):
    """Moves variables towards others, pair by pair, by the fraction `weight`, in place."""
    for variable, target in zip(variables, targets, strict=True):
        variable.assign(variable + (keras.ops.cast(target, variable.dtype) - variable) * weight)


def copy(variables, sources):
    """Gives variables the values of others, pair by pair."""
    for variable, source in zip(variables, sources, strict=True):
        variable.assign(source)


def power_iteration(matrix, left, iterations, epsilon):
    """The largest singular value of a matrix; see `keras_san.backend.power_iteration`."""
    return singular_value(matrix, left, iterations, epsilon)


def compiled(model):
    """A function `inputs -> outputs` of `model` in inference mode, compiled, without gradient."""

    @jax.jit
    def run(trainable, non_trainable, inputs):
        return model.stateless_call(trainable, non_trainable, inputs, training=False)[0]

    def call(inputs):
        trainable = [variable.value for variable in model.trainable_variables]
        non_trainable = [variable.value for variable in model.non_trainable_variables]
        return run(trainable, non_trainable, inputs)

    return call


def value_and_input_gradient(model):
    """A compiled function `inputs -> (values, gradient)` of `model` in inference mode.

    `inputs` is a list of tensors, `values` what the model makes of them, and `gradient` that of
    `sum(values)` by the first of them.
    """

    @jax.jit
    def run(trainable, non_trainable, inputs):
        def total(first):
            inputs_ = [first, *inputs[1:]]
            values = model.stateless_call(trainable, non_trainable, inputs_, training=False)[0]
            return values.sum(), values

        gradient, values = jax.grad(total, has_aux=True)(inputs[0])
        return values, gradient

    def call(inputs):
        trainable = [variable.value for variable in model.trainable_variables]
        non_trainable = [variable.value for variable in model.non_trainable_variables]
        return run(trainable, non_trainable, list(inputs))

    return call


def exact_float32():
    """Inside, products of float32 are not rounded to TensorFloat-32, as GPUs do unasked."""
    return jax.default_matmul_precision("float32")


def prefers_jit_compile():
    """Whether `jit_compile=True` is the fast choice on the device at hand: always on JAX."""
    return True


def prefers_joint_pass():
    """Whether real and generated images are faster together: not with XLA on the CPU."""
    return jax.default_backend() != "cpu"
