"""PyTorch: one process a device, gradients and batch statistics averaged by collectives."""

import contextlib
import os

import keras
import torch
from torch import distributed

_BUCKET = 2**25  # bytes, the size of one collective on gradients


def find_engine():
    """What `"auto"` means here."""
    return "torch" if int(os.environ.get("WORLD_SIZE", "1")) > 1 else "none"


def _start():
    if "WORLD_SIZE" not in os.environ:
        raise ValueError(
            "distribute('torch') needs one process a device: start the program with `torchrun "
            "--nproc-per-node=DEVICES`, which sets WORLD_SIZE. Received: no such variable."
        )
    if not distributed.is_initialized():
        on_gpu = torch.cuda.is_available()
        if on_gpu:
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        distributed.init_process_group("nccl" if on_gpu else "gloo")
    return contextlib.nullcontext()


ENGINES = {"torch": _start}


def alone():
    """See `keras_san.backend.jax_distribution.alone`: nothing to do here."""
    return contextlib.nullcontext()


def batch_needs(model, parts):
    """See `keras_san.backend.jax_distribution.batch_needs`: a process has one device here."""
    return 1, parts


def process_count():
    """How many processes share a batch, each reading its own rows of it."""
    initialized = distributed.is_available() and distributed.is_initialized()
    return distributed.get_world_size() if initialized else 1


def process_index():
    """This process's number, from 0."""
    return distributed.get_rank() if process_count() > 1 else 0


replica_count = process_count
replica_index = process_index


class _AllMean(torch.autograd.Function):
    """The mean over the processes. Its gradient is the mean of the gradients, to any order."""

    @staticmethod
    def forward(context, tensor):
        total = tensor.detach().clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        return total / replica_count()

    @staticmethod
    def backward(context, gradient):
        return _AllMean.apply(gradient)


def all_mean(tensor):
    """The mean of a tensor over the replicas, differentiable."""
    return tensor if replica_count() == 1 else _AllMean.apply(tensor)


def mean_gradients(gradients):
    """The mean of a list of tensors over the processes, a bucket of them a collective."""
    if replica_count() == 1:
        return gradients
    means, bucket, size = [], [], 0
    for index, gradient in enumerate(gradients):
        bucket.append(gradient)
        size += gradient.nbytes
        if size >= _BUCKET or index == len(gradients) - 1:
            flat = torch.cat([tensor.reshape(-1) for tensor in bucket])
            distributed.all_reduce(flat)
            parts = (flat / replica_count()).split([tensor.numel() for tensor in bucket])
            means += [part.view(tensor.shape) for part, tensor in zip(parts, bucket, strict=True)]
            bucket, size = [], 0
    return means


def synchronize(variables):
    """Gives all processes the values of the first."""
    if replica_count() > 1:
        for variable in variables:
            value = variable.value.detach().contiguous()
            distributed.broadcast(value, 0)
            variable.assign(value)


def refuse_silent_distribution():
    """Raises where `keras.distribution` would be ignored."""
    if keras.distribution.distribution() is not None:
        raise ValueError(
            "keras.distribution does nothing on the PyTorch backend: training would silently run "
            "on one device. Start with `torchrun --nproc-per-node=DEVICES` and call "
            "`keras_san.distribute('torch')`."
        )
