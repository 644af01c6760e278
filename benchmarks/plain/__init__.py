"""The same training step written by hand in each framework, without Keras or keras_san."""

import importlib


def make_loop(backend, network, weights, precision="float32", **options):
    """The plain loop of a backend.

    Args:
        backend: `"torch"`, `"tensorflow"` or `"jax"`.
        network: `benchmarks.plain.networks.Network`, or a `TorchNetwork`, whose loop is
            PyTorch's whatever the backend.
        weights: what the loop starts from, as `benchmarks.weights.read_for` makes it.
        precision: `"float32"` or `"mixed_bfloat16"`.
        **options: `epsilon` of Adam, and those of one backend's loop.
    """
    module = importlib.import_module(f"benchmarks.plain.{network.loop or f'{backend}_loop'}")
    return module.Loop(network, weights, precision, **options)
