"""PyTorch: autograd over exactly the variables of the player that moves."""

import contextlib
import functools

import keras
import torch
from torch.nn import functional

from keras_san.backend.batch import images_and_labels
from keras_san.backend.parts import mean_of_parts
from keras_san.backend.state_scope import StateScope
from keras_san.backend.synchronized import synchronized_batch_normalization
from keras_san.backend.torch_compile import CompiledStep
from keras_san.backend.torch_distribution import all_mean, mean_gradients, replica_count
from keras_san.backend.torch_fused_adam import fuse_adam
from keras_san.backend.torch_tracing import Traced


class Trainer:
    """Runs `update(images, labels)` and `assess(images, labels)` inside Keras's trainer."""

    def train_step(self, data):
        """One step; returns the logs."""
        images, labels = images_and_labels(data)
        return self.update(images, labels)

    def test_step(self, data):
        """One evaluation step; returns the logs."""
        images, labels = images_and_labels(data)
        return self.assess(images, labels)

    def make_train_function(self, force=False):
        """Keras's function of a batch, compiled where `jit_compile=True` asks for it."""
        if self.train_function is not None and not force:
            return
        super().make_train_function(force=force)
        if self.jit_compile:
            variables = [*self.variables, *self.optimizer.variables, *self.metrics_variables]
            self.train_function = CompiledStep(self.train_function, variables)

    def _should_torch_compile(self):
        # Keras would compile without a way back; evaluation is not worth the compilation.
        return False


def detached(function, kept=()):
    """The result of `function()` without gradient; see `keras_san.backend.jax.detached`."""
    with torch.no_grad():
        with StateScope() as scope:
            result = function()
        scope.keep(kept)
    return result


def minimize(loss_fn, variables, optimizer, frozen=()):
    """One optimizer update over exactly `variables`; see `keras_san.backend.jax.minimize`."""
    gradients, logs = mean_of_parts(
        functools.partial(_gradients, variables=variables, optimizer=optimizer, frozen=frozen),
        loss_fn,
    )
    with torch.no_grad():
        fuse_adam(optimizer)
        optimizer.apply(mean_gradients(gradients), variables)
    return logs


def _gradients(loss_fn, variables, optimizer, frozen):
    """Gradients and logs of one loss; see `keras_san.backend.jax`."""
    with StateScope() as scope:
        loss, logs = loss_fn()
    values = [variable.value for variable in variables]
    gradients = []
    # PyTorch takes no empty list, of a player that is frozen as a whole.
    if values:
        gradients = torch.autograd.grad(
            optimizer.scale_loss(loss), values, allow_unused=True, materialize_grads=True
        )
    with torch.no_grad():
        for variable, value in scope.updates(frozen):
            variable.assign(value)
    return list(gradients), keras.tree.map_structure(torch.Tensor.detach, logs)


def lazily(condition, function):
    """`function()` where `condition` holds, else zero; see `keras_san.backend.jax.lazily`."""
    return function() if condition else torch.zeros((), device=condition.device)


def input_gradient(function, inputs):
    """Gradient of `sum(function(inputs))` by `inputs`, itself differentiable."""
    inputs = keras.ops.convert_to_tensor(inputs)
    if not inputs.requires_grad:
        inputs = inputs.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(
        function(inputs).sum(), inputs, create_graph=True, materialize_grads=True
    )
    return gradient


def conv(inputs, kernel, strides, padding, bias=None):
    """2-D convolution, channels-last, without the two copies of the map that Keras makes."""
    x = inputs.permute(0, 3, 1, 2)
    margins = [0, 0]
    if padding == "same":
        sizes = zip(inputs.shape[1:3], kernel.shape[:2], strides, strict=True)
        totals = [max((-(-size // step) - 1) * step + k - size, 0) for size, k, step in sizes]
        margins = [total // 2 for total in totals]
        if any(total % 2 for total in totals):
            (top, left), (rows, columns) = margins, totals
            x = functional.pad(x, (left, columns - left, top, rows - top))
            margins = [0, 0]
    kernel = _channels_first(kernel)
    outputs = functional.conv2d(x, kernel, bias, stride=tuple(strides), padding=margins)
    return outputs.permute(0, 2, 3, 1)


def conv_transpose(inputs, kernel, strides, padding, bias=None):
    """Transposed 2-D convolution, channels-last: the adjoint of `conv`."""
    x = inputs.permute(0, 3, 1, 2)
    same = padding == "same"
    sizes = list(zip(inputs.shape[1:3], kernel.shape[:2], strides, strict=True))
    totals = [max(k - step, 0) if same else 0 for _, k, step in sizes]
    targets = [size * step if same else size * step + max(k - step, 0) for size, k, step in sizes]
    margins = [total // 2 if total % 2 == 0 else 0 for total in totals]
    # Zeros on the right where the kernel is smaller than the stride.
    extra = [max(step - k, 0) for _, k, step in sizes]
    kernel = _channels_first(kernel)
    outputs = functional.conv_transpose2d(
        x, kernel, bias, stride=tuple(strides), padding=margins, output_padding=extra
    )
    starts = [0 if total % 2 == 0 else total // 2 for total in totals]
    (top, left), (height, width) = starts, targets
    return outputs[:, :, top : top + height, left : left + width].permute(0, 2, 3, 1)


def _channels_first(kernel):
    """A kernel in PyTorch's order, laid out for maps that are channels-last in memory."""
    kernel = kernel.permute(3, 2, 0, 1)
    if kernel.shape[0] == 1 or (kernel.dtype == torch.float16 and kernel.device.type == "cpu"):
        # Its gradient exists on the CPU for this layout alone.
        return kernel.contiguous()
    return kernel.contiguous(memory_format=torch.channels_last)


def depthwise_conv(inputs, kernel, strides, padding, bias=None):
    """2-D convolution of each channel by itself; see `keras_san.backend.jax.depthwise_conv`."""
    if inputs.dtype == torch.bfloat16 and inputs.device.type == "cpu" and max(strides) > 1:
        # oneDNN has no fast gradient of it: ten times as long and more, where float32 takes less.
        bias = None if bias is None else bias.float()
        return depthwise_conv(inputs.float(), kernel.float(), strides, padding, bias).bfloat16()
    x = inputs.permute(0, 3, 1, 2)
    margins = [0, 0]
    if padding == "same":
        sizes = zip(inputs.shape[1:3], kernel.shape[:2], strides, strict=True)
        totals = [max((-(-size // step) - 1) * step + k - size, 0) for size, k, step in sizes]
        margins = [total // 2 for total in totals]
        if any(total % 2 for total in totals):
            (top, left), (rows, columns) = margins, totals
            x = functional.pad(x, (left, columns - left, top, rows - top))
            margins = [0, 0]
    # Keras turns the map to channels-first and back, which takes longer than the convolution.
    kernel = kernel.permute(2, 3, 0, 1).contiguous()
    outputs = functional.conv2d(
        x, kernel, bias, stride=tuple(strides), padding=margins, groups=x.shape[1]
    )
    return outputs.permute(0, 2, 3, 1)


def upsampled(maps):
    """Maps of twice the height and width; see `keras_san.backend.upsampled`.

    PyTorch's own kernel, whose gradient is far faster than that of a broadcast.
    """
    maps = functional.interpolate(maps.permute(0, 3, 1, 2), scale_factor=2.0, mode="nearest")
    return maps.permute(0, 2, 3, 1)


def batch_normalization(inputs, gamma, beta, epsilon):
    """Batch normalisation of a batch; see `keras_san.backend.jax.batch_normalization`."""
    if replica_count() > 1:
        return synchronized_batch_normalization(inputs, gamma, beta, epsilon, all_mean)
    if inputs.dtype == torch.float64:
        inputs = inputs.float()
    outputs, mean, deviation = torch.native_batch_norm(
        inputs.permute(0, 3, 1, 2), gamma, beta, None, None, True, 0.0, epsilon
    )
    return outputs.permute(0, 2, 3, 1), mean, deviation.reciprocal().square() - epsilon


def normalize_by(inputs, mean, variance, gamma, beta, epsilon):
    """Normalisation with given statistics; see `keras_san.backend.jax.normalize_by`."""
    # One pass over the map, where Keras makes three.
    outputs = functional.batch_norm(
        inputs.float().permute(0, 3, 1, 2), mean, variance, gamma, beta, False, 0.0, epsilon
    )
    return outputs.permute(0, 2, 3, 1)


def with_rows(tensor, least, message):
    """The tensor: the number of its rows is known here; see `keras_san.backend.tensorflow`."""
    return tensor


def lay_out(variables):
    """Stores convolution kernels, and what optimizers keep of them, as the fast kernels want.

    Shapes and values stay; only the order in memory becomes out, rows, columns, in, which spares a
    copy of every kernel at every use.
    """
    for variable in variables:
        if len(variable.shape) == 4:
            tensor = variable.value
            tensor.data = tensor.data.permute(3, 0, 1, 2).contiguous().permute(1, 2, 3, 0)


def lerp(variables, targets, weight):
    """Moves variables towards others; see `keras_san.backend.jax.lerp`."""
    values, targets = ([variable.value for variable in each] for each in (variables, targets))
    with torch.no_grad():
        # Few calls for all of them, and no tensor's value is asked for, which would wait for it.
        differences = torch._foreach_sub(targets, values)
        torch._foreach_mul_(differences, weight)
        torch._foreach_add_(values, differences)


def copy(variables, sources):
    """Gives variables the values of others; see `keras_san.backend.jax.copy`."""
    with torch.no_grad():
        torch._foreach_copy_(
            *([variable.value for variable in each] for each in (variables, sources))
        )


def power_iteration(matrix, left, iterations, epsilon):
    """The largest singular value of a matrix; see `keras_san.backend.power_iteration`.

    The same without Keras between the operations, which takes longer than they do.
    """
    with torch.no_grad():
        right = functional.normalize(left @ matrix, dim=0, eps=epsilon)
        for index in range(iterations):
            if index:
                right = functional.normalize(left @ matrix, dim=0, eps=epsilon)
            left = functional.normalize(matrix @ right, dim=0, eps=epsilon)
    return torch.dot(left, matrix @ right), left


def compiled(model):
    """A function `inputs -> outputs` of `model` in inference mode, without gradient."""
    lay_out(model.variables)
    return Traced(model)


def value_and_input_gradient(model):
    """Values and gradient of `model`; see `keras_san.backend.jax.value_and_input_gradient`."""

    def call(inputs):
        first = inputs[0].detach().requires_grad_()
        values = model([first, *inputs[1:]], training=False)
        (gradient,) = torch.autograd.grad(values.sum(), first)
        return values.detach(), gradient

    return call


@contextlib.contextmanager
def exact_float32():
    """Inside, no TensorFloat-32; see `keras_san.backend.jax.exact_float32`."""
    places = torch.backends.cuda.matmul, torch.backends.cudnn.conv
    before = [place.fp32_precision for place in places]
    for place in places:
        place.fp32_precision = "ieee"
    try:
        yield
    finally:
        for place, precision in zip(places, before, strict=True):
            place.fp32_precision = precision


def prefers_jit_compile():
    """Whether `jit_compile=True` is the fast choice: not by default, `torch.compile` is opt-in."""
    return False


def prefers_joint_pass():
    """Whether real and generated images are faster together; see `keras_san.backend.jax`."""
    return True
