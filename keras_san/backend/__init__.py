"""The only code that knows which backend runs: one module a backend, the same names in each.

The `Trainer` mixin and the functions of `__all__` are all that the rest of the library sees.
"""

import keras

from keras_san.backend import own_rows as _own_rows
from keras_san.backend.running_number import running_number

_name = keras.backend.backend()
if _name == "jax":
    from keras_san.backend import jax as _backend
    from keras_san.backend import jax_distribution as _distribution
elif _name == "tensorflow":
    from keras_san.backend import tensorflow as _backend
    from keras_san.backend import tensorflow_distribution as _distribution
elif _name == "torch":
    from keras_san.backend import torch as _backend
    from keras_san.backend import torch_distribution as _distribution
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
copy = _backend.copy
depthwise_conv = _backend.depthwise_conv
detached = _backend.detached
exact_float32 = _backend.exact_float32
input_gradient = _backend.input_gradient
lazily = _backend.lazily
minimize = _backend.minimize
normalize_by = _backend.normalize_by
power_iteration = _backend.power_iteration
prefers_jit_compile = _backend.prefers_jit_compile
prefers_joint_pass = _backend.prefers_joint_pass
lay_out = _backend.lay_out
lerp = _backend.lerp

ENGINES = _distribution.ENGINES
all_mean = _distribution.all_mean
alone = _distribution.alone
batch_needs = _distribution.batch_needs
find_engine = _distribution.find_engine
process_count = _distribution.process_count
process_index = _distribution.process_index
refuse_silent_distribution = _distribution.refuse_silent_distribution
replica_count = _distribution.replica_count
replica_index = _distribution.replica_index
synchronize = _distribution.synchronize
upsampled = _backend.upsampled
with_rows = _backend.with_rows
value_and_input_gradient = _backend.value_and_input_gradient


def own_rows(draw, count):
    """This replica's rows of a random draw; see `keras_san.backend.own_rows`."""
    return _own_rows.own_rows(draw, count, replica_count(), replica_index())


__all__ = [
    "ENGINES",
    "Trainer",
    "all_mean",
    "alone",
    "batch_needs",
    "batch_normalization",
    "compiled",
    "conv",
    "conv_transpose",
    "copy",
    "depthwise_conv",
    "detached",
    "exact_float32",
    "find_engine",
    "input_gradient",
    "lay_out",
    "lazily",
    "lerp",
    "minimize",
    "normalize_by",
    "own_rows",
    "power_iteration",
    "prefers_jit_compile",
    "prefers_joint_pass",
    "process_count",
    "process_index",
    "refuse_silent_distribution",
    "replica_count",
    "replica_index",
    "running_number",
    "synchronize",
    "upsampled",
    "value_and_input_gradient",
    "with_rows",
]
