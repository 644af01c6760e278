"""Lists of whole numbers on the command line, such as `0-15,20`."""

import re


def parse_integers(text, option):
    """Turns `"0-2,7"` into `[0, 1, 2, 7]`; `option` is the name that an error shows."""
    numbers = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
        if last < first:
            raise ValueError(
                f"{option} {text}: {part.strip()!r} is not a number or a range; "
                f"expected the form 0-15,20."
            )
        numbers += range(first, last + 1)
    return numbers
