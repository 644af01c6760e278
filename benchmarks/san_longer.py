"""Does SAN help once training has come to rest? Hinge, twice the images, rates that fall to zero.

    KERAS_BACKEND=tensorflow python -m benchmarks.san_longer --data DIR       # what is missing
    python -m benchmarks.san_longer --data DIR --only fashion_mnist-san-0
    python -m benchmarks.san_longer --plot                                    # table and plots

The networks, data sets, heads and seeds of `benchmarks.san_versus_gan`, whose curves are still
falling where its runs end. 12 runs, the pairs one after the other; rows go to
results/san_longer.csv and results/san_longer_curves.csv.
"""

import argparse
import functools

from benchmarks import san_versus_gan, short_runs
from benchmarks.short_runs import Setting

NAME = "san_longer"
IMAGES = 600_000
table = functools.partial(san_versus_gan.table, decay=True)
panels = functools.partial(san_versus_gan.panels, decay=True)


def settings():
    """Name to setting of every run; pairs come one after the other, a seed at a time."""
    return {
        f"{data}-{head}-{seed}": Setting(
            data, "hinge", head, seed, warm_up=san_versus_gan.WARM_UP.get(data, 0), decay=True
        )
        for seed in san_versus_gan.SEEDS
        for data in san_versus_gan.EXTRACTORS
        for head in san_versus_gan.HEADS
    }


def main(arguments=None):
    """Runs what is missing, or publishes what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    extractors = san_versus_gan.EXTRACTORS
    short_runs.command(parser, arguments, settings(), extractors, NAME, table, panels, IMAGES)


if __name__ == "__main__":
    main()
