"""Adam in one pass over the weights, where Keras's PyTorch backend makes about ten."""

import functools

import keras
import torch


def fuse_adam(optimizer):
    """Gives Keras's Adam the fused kernel of PyTorch for its update; other optimizers stay.

    Only the update itself is replaced: clipping, schedules, weight decay, accumulation, constraints
    and the state are Keras's. On the CPU only, as the kernel takes its epsilon from the host.
    """
    if (
        isinstance(optimizer, keras.optimizers.Adam)
        and not optimizer.amsgrad
        and "_parallel_update_step" not in vars(optimizer)
        and optimizer._iterations.value.device.type == "cpu"
    ):
        optimizer._parallel_update_step = functools.partial(_update, optimizer)


# One kernel already; and the tracer of `torch.compile` fails on it.
@torch.compiler.disable
@torch.no_grad()
def _update(optimizer, gradients, variables, learning_rate):
    step = float(keras.ops.convert_to_tensor(optimizer.iterations)) + 1.0
    # Keras adds epsilon before it corrects the bias of the second moment, PyTorch after.
    epsilon = optimizer.epsilon / (1.0 - optimizer.beta_2**step) ** 0.5
    values = [variable.value for variable in variables]
    places = [optimizer._get_variable_index(variable) for variable in variables]
    torch._fused_adam_(
        values,
        [_laid_out_like(*pair) for pair in zip(values, gradients, strict=True)],
        [optimizer._momentums[place].value for place in places],
        [optimizer._velocities[place].value for place in places],
        [],
        [torch.tensor(step)] * len(values),
        lr=float(learning_rate),
        beta1=optimizer.beta_1,
        beta2=optimizer.beta_2,
        weight_decay=0.0,
        eps=epsilon,
        amsgrad=False,
        maximize=False,
    )


def _laid_out_like(value, gradient):
    """The gradient in the memory order of the variable: the kernel walks both in step."""
    if gradient.stride() == value.stride():
        return gradient
    return torch.empty_strided(value.shape, value.stride(), dtype=gradient.dtype).copy_(gradient)
