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
    own_mean, own_variance = ops.moments(inputs, axes=(0, 1, 2))
    mean = all_mean(own_mean)
    variance = all_mean(own_variance + ops.square(own_mean - mean))
    outputs = ops.batch_normalization(
        inputs, mean, variance, axis=-1, offset=beta, scale=gamma, epsilon=epsilon
    )
    return outputs, mean, variance
