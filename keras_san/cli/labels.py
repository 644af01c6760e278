"""Classes on the command line, by number or by name."""

from keras_san.cli.integers import parse_integers
from keras_san.presets.class_names import plain


def parse_labels(text, class_names=(), option="--labels"):
    """Turns `"3"`, `"0-9"` or `"sneaker,bag"` into class numbers.

    Args:
        text: string, as given to the option.
        class_names: sequence of strings, what the preset says of its classes.
        option: string, its name in an error.

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
            labels += parse_integers(part, option)
        except ValueError as error:
            if not class_names:
                raise ValueError(f"{option} {text}: {str(error).partition(': ')[2]}") from error
            raise ValueError(
                f"{option} {text}: {part.strip()!r} is neither a number or a range of classes nor "
                f"one of {', '.join(class_names)}."
            ) from error
    return labels


def class_names_of(preset):
    """What a preset says of its classes, a sequence of strings, empty where it says nothing."""
    # Imported here: it starts the backend, which a wrong option need not wait for.
    from keras_san.presets.layout import read_config
    from keras_san.presets.load import find_folder

    return read_config(find_folder(preset)).get("data", {}).get("class_names", ())
