"""Batch statistics over all replicas."""

from keras import ops


def synchronized_batch_normalization(inputs, gamma, beta, epsilon, all_mean):
    """`batch_normalization` with the statistics of all replicas' rows, in equal shares.

    Args:
        inputs: tensor `(batch, height, width, channels)` of this replica.
        gamma: tensor `(channels,)` of float32.
        beta: tensor `(channels,)` of float32.
        epsilon: float, added to the variance.
        all_mean: function of a tensor to its mean over the replicas.
    """
    inputs = ops.cast(inputs, "float32")
    mean = all_mean(ops.mean(inputs, axis=(0, 1, 2)))
    # In two passes: the difference of two large means can be negative.
    variance = all_mean(ops.mean(ops.square(inputs - mean), axis=(0, 1, 2)))
    outputs = ops.batch_normalization(
        inputs, mean, variance, axis=-1, offset=beta, scale=gamma, epsilon=epsilon
    )
    return outputs, mean, variance
