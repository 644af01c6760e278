"""Lists of whole numbers on the command line."""

import pytest

from keras_san.cli.integers import parse_integers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("3", [3]),
        ("0-3", [0, 1, 2, 3]),
        ("0-2,20", [0, 1, 2, 20]),
        ("7, 5-6", [7, 5, 6]),
        ("4-4", [4]),
    ],
)
def test_lists(text, numbers):
    assert parse_integers(text, "--seeds") == numbers


@pytest.mark.parametrize("text", ["", "a", "3-", "-3", "5-2", "1,,2", "1.5", "0-2-4", "1;2"])
def test_errors_name_option_and_form(text):
    with pytest.raises(ValueError, match="--seeds .*expected the form 0-15,20"):
        parse_integers(text, "--seeds")
