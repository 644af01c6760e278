"""The only code that knows which backend runs: one module a backend, the same names in each.

The `Trainer` mixin and the functions of `__all__` are all that the rest of the library sees.
"""

import keras

_name = keras.backend.backend()
if _name == "jax":
    from keras_san.backend import jax as _backend
elif _name == "tensorflow":
    from keras_san.backend import tensorflow as _backend
elif _name == "torch":
    from keras_san.backend import torch as _backend
else:
    raise ValueError(
        f"keras_san does not run on the Keras backend {_name!r}. "
        "Expected 'jax', 'tensorflow' or 'torch': set the environment variable KERAS_BACKEND "
        "to one of them before Keras is imported."
    )

Trainer = _backend.Trainer
batch_normalization = _backend.batch_normalization
compiled = _backend.compiled
conv = _backend.conv
conv_transpose = _backend.conv_transpose
depthwise_conv = _backend.depthwise_conv
detached = _backend.detached
gathers_batch_statistics = _backend.gathers_batch_statistics
input_gradient = _backend.input_gradient
lazily = _backend.lazily
minimize = _backend.minimize
prefers_jit_compile = _backend.prefers_jit_compile
lay_out = _backend.lay_out
lerp = _backend.lerp
replica_count = _backend.replica_count
replica_index = _backend.replica_index
value_and_input_gradient = _backend.value_and_input_gradient

__all__ = [
    "Trainer",
    "batch_normalization",
    "compiled",
    "conv",
    "conv_transpose",
    "depthwise_conv",
    "detached",
    "gathers_batch_statistics",
    "input_gradient",
    "lay_out",
    "lazily",
    "lerp",
    "minimize",
    "prefers_jit_compile",
    "replica_count",
    "replica_index",
    "value_and_input_gradient",
]
