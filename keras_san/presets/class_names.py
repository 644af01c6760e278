"""Names of classes, as people spell them."""


def plain(name):
    """A name without case, spaces and signs: `"T-shirt/top"` and `"t_shirt_top"` are one class."""
    return "".join(filter(str.isalnum, str(name).lower()))


def are_numbers(names):
    """Whether the names say no more than the numbers of the classes."""
    return list(names) == [str(number) for number in range(len(names))]
