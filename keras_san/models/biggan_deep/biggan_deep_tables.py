"""BigGAN-deep's networks, a line each.

Numbers are multiples of the width, from the first map on: the channels that each block makes.
`+` doubles height and width, `-` halves them, `@` is self-attention. 128, 256 and 512 pixels are
the paper's networks; 32 and 64 pixels are our choice of the same blocks.
"""

import re

_GENERATORS = {
    32: "8  8 8+  8 4+ @  4 2+",
    64: "16  16 16+  16 8+  8 4+ @  4 2+",
    128: "16  16 16+  16 8+  8 4+  4 2+ @  2 1+",
    256: "16  16 16+  16 8+  8 8+  8 4+ @  4 2+  2 1+",
    512: "16  16 16+  16 8+  8 8+  8 4+ @  4 2+  2 1+  1 1+",
}
_DISCRIMINATORS = {
    32: "1  2- 2 @  4- 4  8- 8",
    64: "1  2- 2 @  4- 4  8- 8  16- 16",
    128: "1  2- 2 @  4- 4  8- 8  16- 16  16- 16",
    256: "1  2- 2  4- 4 @  8- 8  8- 8  16- 16  16- 16",
    512: "1  1- 1  2- 2  4- 4 @  8- 8  8- 8  16- 16  16- 16",
}
WIDTHS = {32: 64, 64: 64, 128: 128, 256: 128, 512: 128}
ATTENTION = "@"


def _read(line):
    """A line as a list of `(channels, resamples)` and `ATTENTION`."""
    entries = line.split()
    return tuple(
        entry if entry == ATTENTION else (int(re.sub(r"\D", "", entry)), not entry.isdigit())
        for entry in entries
    )


GENERATORS = {resolution: _read(line) for resolution, line in _GENERATORS.items()}
DISCRIMINATORS = {resolution: _read(line) for resolution, line in _DISCRIMINATORS.items()}


def apply_blocks(maps, table, block, attention):
    """Applies the blocks of a table behind its first entry.

    Args:
        maps: symbolic tensor.
        table: tuple of `GENERATORS` or `DISCRIMINATORS`.
        block: function of `(maps, channels, resamples, name)` that applies a block.
        attention: the attention layer.
    """
    number = 0
    for entry in table[1:]:
        if entry == ATTENTION:
            maps = attention(maps)
            continue
        number += 1
        channels, resamples = entry
        maps = block(maps, channels, resamples, name=f"block{number}")
    return maps
