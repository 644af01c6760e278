"""The largest singular value of a matrix by power iteration, in `keras.ops`."""

from keras import ops


def singular_value(matrix, left, iterations, epsilon):
    """An estimate of the largest singular value, with gradient through the matrix alone.

    Args:
        matrix: tensor `(rows, columns)`.
        left: tensor `(rows,)`, the left singular vector so far.
        iterations: int, steps of the iteration, 0 to take `left` as it is.
        epsilon: float, the least norm to divide by.

    Returns:
        `(value, left)`, a scalar and the vector after the iterations.
    """
    fixed = ops.stop_gradient(matrix)
    right = _unit(ops.matmul(left, fixed), epsilon)
    for index in range(iterations):
        if index:
            right = _unit(ops.matmul(left, fixed), epsilon)
        left = _unit(ops.matmul(fixed, right), epsilon)
    return ops.sum(left * ops.matmul(matrix, right)), left


def _unit(vector, epsilon):
    norm = ops.sqrt(ops.sum(ops.square(vector)))
    return ops.stop_gradient(vector / ops.maximum(norm, epsilon))
