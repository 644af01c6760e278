"""Does SAN help? The same DCGAN, recipe, budget and seeds with the dense and with the SAN head.

    KERAS_BACKEND=tensorflow python -m benchmarks.san_versus_gan --data DIR   # what is missing
    python -m benchmarks.san_versus_gan --data DIR --only fashion_mnist-hinge-san-0
    python -m benchmarks.san_versus_gan --plot                                # tables and plots

DIR holds fashion_mnist.npz and cifar10_jpeg.npz. 36 runs: 2 data sets, 3 losses, 2 heads, 3 seeds;
unconditional, a quarter of the paper's width. Rows go to results/san_versus_gan.csv as runs end,
the curves to results/san_versus_gan_curves.csv; what is there is not run again. --plot rewrites the
table and the picture of docs/does_san_help.md and needs matplotlib for the latter. Two processes
with one thread each (OMP_NUM_THREADS=1, one with --seeds 0 1, the other with --seeds 2) get more
out of two cores than one.
"""

import argparse

from benchmarks import short_runs
from benchmarks.short_runs import Setting

LOSSES = ("hinge", "saturating", "non_saturating")
HEADS = ("dense", "san")
SEEDS = (0, 1, 2)
# Features of the curve and of the end; the classifier of garments is quick.
EXTRACTORS = {
    "fashion_mnist": ("fashionmnistclassifier", "small"),
    "cifar10_jpeg": ("small", "small"),
}
# Steps in which the discriminator's learning rate rises: with colours it can run away from the
# generator in the first steps, and with the dense head it did not come back
# (--only cifar10_jpeg-hinge-dense-0 --warm-up 0).
WARM_UP = {"cifar10_jpeg": 1500}
NAME = "san_versus_gan"
MODELS = {"dense": "GAN", "san": "SAN"}


def settings():
    """Name to setting of every run; pairs come one after the other, a seed at a time."""
    return {
        f"{data}-{loss}-{head}-{seed}": Setting(
            data, loss, head, seed, warm_up=WARM_UP.get(data, 0)
        )
        for seed in SEEDS
        for data in EXTRACTORS
        for loss in LOSSES
        for head in HEADS
    }


def rows_with(rows, data, loss, head, decay=Setting.decay):
    """The rows of the comparison's runs with this data, loss and head."""
    wanted = {"data": data, "loss": loss, "head": head, "warm_up": str(WARM_UP.get(data, 0))}
    wanted |= {"learning_rate": str(Setting.learning_rate), "decay": str(decay)}
    return [row for row in rows if all(row[k] == v for k, v in wanted.items())]


def policies(rows):
    """The precision of all runs, or where they differ each one with its seeds."""
    seeds = {}
    for row in rows:
        seeds.setdefault(row["precision_policy"], set()).add(row["seed"])
    if len(seeds) == 1:
        return next(iter(seeds))
    return ", ".join(f"{policy} (seeds {' '.join(sorted(s))})" for policy, s in seeds.items())


def table(rows, decay=Setting.decay):
    """Mean and deviation over the seeds, a Markdown table."""
    lines = [
        "| data | loss | model | runs | FD | KID, thousandths | precision | recall |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for data in EXTRACTORS:
        for loss in LOSSES:
            for head in HEADS:
                own = rows_with(rows, data, loss, head, decay)
                if not own:
                    continue
                thousandths = [r | {"kid": 1000 * float(r["kid"])} for r in own]
                cells = [
                    short_runs.mean_and_deviation(own, "fd"),
                    short_runs.mean_and_deviation(thousandths, "kid"),
                    *(short_runs.mean_and_deviation(own, c) for c in ("precision", "recall")),
                ]
                lines.append(
                    f"| {data} | {loss} | {MODELS[head]} | {len(own)} | {' | '.join(cells)} |"
                )
    first = rows[0]
    floors = {}
    for row in rows:
        floors.setdefault(row["data"], set()).add(row["fd_real"])
    real = ", ".join(f"{data} {' or '.join(sorted(floor))}" for data, floor in floors.items())
    warm_ups = "".join(
        f"On {data} the discriminator's learning rate rises from zero in {steps:,} steps. "
        for data, steps in WARM_UP.items()
        if data in floors
    )
    falling = "rates that fall to zero, " if decay else ""
    lines += [
        "",
        f"About {int(first['images']):,} images a run, {falling}width {first['width']}, "
        f"{int(first['count']):,} generated against as many training images, extractor "
        f"{first['extractor']}; {first['backend']}, {policies(rows)}, "
        f"{short_runs.machine(rows)}. "
        f"{warm_ups}FD of real against real images: {real}. "
        "± is the standard deviation over the seeds. What the SAN head costs in time is measured "
        "in turns with the dense head: the step times of "
        "[the benchmarks](../benchmarks/README.md).",
    ]
    return "\n".join(lines)


def panels(curves, decay=Setting.decay):
    """A panel for each data set and loss."""
    return {
        f"{data}, {loss}": {
            MODELS[head]: own
            for head in HEADS
            if (own := rows_with(curves, data, loss, head, decay))
        }
        for data in EXTRACTORS
        for loss in LOSSES
        if any((r["data"], r["loss"]) == (data, loss) for r in curves)
    }


def main(arguments=None):
    """Runs what is missing, or publishes what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    short_runs.command(parser, arguments, settings(), EXTRACTORS, NAME, table, panels)


if __name__ == "__main__":
    main()
