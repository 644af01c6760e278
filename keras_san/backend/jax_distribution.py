"""JAX: one program over the global batch, shared out by `keras.distribution`."""

import contextlib
import os

import jax
import keras
import numpy as np

_ADDRESSES = "KERAS_DISTRIBUTION_JOB_ADDRESSES"
# Seconds after which a process that died is missed, and ends the others.
_HEARTBEAT_SECONDS = 30


def find_engine():
    """What `"auto"` means here."""
    _join()
    return "jax" if len(jax.devices()) > 1 else "none"


def _start():
    _join()
    if jax.process_count() > 1:
        # Every process builds the model itself: all must draw the same weights.
        from jax.experimental import multihost_utils

        seed = multihost_utils.broadcast_one_to_all(np.random.randint(2**31 - 1))
        keras.utils.set_random_seed(int(seed))
    keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))
    return contextlib.nullcontext()


def _join():
    """Joins the other processes that the environment names, as `keras.distribution` does."""
    if _ADDRESSES not in os.environ or jax.distributed.is_initialized():
        return
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(
        os.environ[_ADDRESSES].split(",")[0],
        int(os.environ["KERAS_DISTRIBUTION_NUM_PROCESSES"]),
        int(os.environ["KERAS_DISTRIBUTION_PROCESS_ID"]),
        heartbeat_timeout_seconds=_HEARTBEAT_SECONDS,
    )


ENGINES = {"jax": _start}


@contextlib.contextmanager
def alone():
    """A scope in which what one process makes is its own, and it waits for no other."""
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)


def batch_needs(model, parts):
    """What the rows of a batch of this process must be a multiple of, and their least number."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return 1, parts
    mesh = distribution.device_mesh
    devices = mesh.shape[mesh.axis_names.index(distribution.batch_dim_name)]
    return max(1, devices // jax.process_count()), parts


def process_count():
    """How many processes share a batch, each reading its own rows of it."""
    return jax.process_count() if keras.distribution.distribution() is not None else 1


def process_index():
    """This process's number, from 0."""
    return jax.process_index()


def replica_count():
    """How many replicas run the step, each on rows of its own: one, over the global batch."""
    return 1


def replica_index():
    """This replica's number, from 0."""
    return 0


def all_mean(tensor):
    """The mean of a tensor over the replicas, differentiable."""
    return tensor


def synchronize(variables):
    """Gives all processes the values of the first."""


def refuse_silent_distribution():
    """Raises where `keras.distribution` would be ignored: here it works."""
