"""Random draws that replicas share out."""


def own_rows(draw, count, replicas, index):
    """This replica's rows of a draw, such that all replicas' together are what one would draw.

    Args:
        draw: function of a number of rows to a tensor with as many.
        count: int or scalar tensor, the rows of each replica.
        replicas: int, how many replicas there are.
        index: int or scalar tensor, this replica's number.
    """
    if replicas == 1:
        return draw(count)
    return draw(count * replicas)[index * count : (index + 1) * count]
