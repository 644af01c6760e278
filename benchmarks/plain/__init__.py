"""The same training step written by hand in each framework, without Keras or keras_san."""

import importlib

from benchmarks.plain.networks import ResidualNetwork


def make_loop(backend, network, weights, precision="float32", **options):
    """The plain loop of a backend.

    Args:
        backend: `"torch"`, `"tensorflow"` or `"jax"`.
        network: `benchmarks.plain.networks.Network`, or a `ResidualNetwork`, whose loop is
            PyTorch's whatever the backend.
        weights: what the loop starts from, as `benchmarks.weights.read` makes it.
        precision: `"float32"` or `"mixed_bfloat16"`.
        **options: `epsilon` of Adam, and those of one backend's loop.
    """
    residual = isinstance(network, ResidualNetwork)
    name = "torch_residual" if residual else f"{backend}_loop"
    module = importlib.import_module(f"benchmarks.plain.{name}")
    return module.Loop(network, weights, precision, **options)
