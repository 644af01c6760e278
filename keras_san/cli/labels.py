"""Classes on the command line, by number or by name."""

from keras_san.cli.integers import parse_integers
from keras_san.data.class_names import plain


def parse_labels(text, class_names=()):
    """Turns `"3"`, `"0-9"` or `"sneaker,bag"` into class numbers.

    Args:
        text: string, as given to `--labels`.
        class_names: sequence of strings, what the preset says of its classes.

    Raises:
        ValueError: if a part is neither a number, nor a range, nor the name of a class.
    """
    numbers = {plain(name): number for number, name in enumerate(class_names)}
    labels = []
    for part in text.split(","):
        if plain(part) in numbers:
            labels.append(numbers[plain(part)])
            continue
        try:
            labels += parse_integers(part, "--labels")
        except ValueError as error:
            if not class_names:
                raise ValueError(f"--labels {text}: {str(error).partition(': ')[2]}") from error
            raise ValueError(
                f"--labels {text}: {part.strip()!r} is neither a number or a range of classes nor "
                f"one of {', '.join(class_names)}."
            ) from error
    return labels
