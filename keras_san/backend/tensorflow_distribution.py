"""TensorFlow: replicas of the step under a `tf.distribute` strategy."""

import contextlib

import keras
import tensorflow as tf


def find_engine():
    """What `"auto"` means here."""
    if tf.config.list_physical_devices("TPU"):
        return "tpu"
    return "mirrored" if len(tf.config.list_logical_devices("GPU")) > 1 else "none"


def _mirrored():
    # The default launches collectives whose order replicas do not agree on once there are several
    # kinds: those of batch statistics and those of gradients.
    devices, reduction = tf.config.list_logical_devices("GPU"), tf.distribute.NcclAllReduce
    if not devices:
        devices = tf.config.list_logical_devices("CPU")
        reduction = tf.distribute.ReductionToOneDevice
    names = [device.name for device in devices]
    return tf.distribute.MirroredStrategy(names, cross_device_ops=reduction()).scope()


def _tpu():
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver.connect()
    except (ValueError, tf.errors.NotFoundError) as error:
        raise ValueError(
            f"distribute('tpu'): there is no TPU ({error}). Use 'mirrored' or 'none'."
        ) from error
    return tf.distribute.TPUStrategy(resolver).scope()


ENGINES = {"mirrored": _mirrored, "tpu": _tpu}


def alone():
    """See `keras_san.backend.jax_distribution.alone`: nothing to do here."""
    return contextlib.nullcontext()


def batch_needs(model, parts):
    """See `keras_san.backend.jax_distribution.batch_needs`; each replica trains on its rows."""
    replicas = model.distribute_strategy.num_replicas_in_sync
    return replicas, replicas * parts


def process_count():
    """How many processes share a batch: one, which feeds all replicas."""
    return 1


def process_index():
    """This process's number, from 0."""
    return 0


def replica_count():
    """How many replicas run the step, each on rows of its own."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def replica_index():
    """This replica's number, from 0."""
    context = tf.distribute.get_replica_context()
    return 0 if context is None else context.replica_id_in_sync_group


def all_mean(tensor):
    """The mean of a tensor over the replicas, differentiable."""
    context = tf.distribute.get_replica_context()
    if replica_count() == 1 or context is None:
        return tensor
    return context.all_reduce(tf.distribute.ReduceOp.MEAN, tensor)


def synchronize(variables):
    """Nothing: a strategy creates its variables equal on all replicas."""


def refuse_silent_distribution():
    """Raises where `keras.distribution` would be ignored, or Keras's `fit` would fail."""
    if keras.distribution.distribution() is not None:
        raise ValueError(
            "keras.distribution does nothing on the TensorFlow backend: training would silently "
            "run on one device. Use `with keras_san.distribute('mirrored'):`, or the JAX backend."
        )
    strategy = tf.distribute.get_strategy()
    if isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        raise ValueError(
            "Keras's `fit` fails under MultiWorkerMirroredStrategy when it reduces the metrics. "
            "For several hosts use the JAX backend with `keras_san.distribute('jax')` or the "
            "PyTorch backend under torchrun; both train the same model."
        )
