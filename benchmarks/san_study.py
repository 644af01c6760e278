"""What lambda, the batch size and dropout do to a SAN: a small study on MNIST.

    KERAS_BACKEND=tensorflow python -m benchmarks.san_study --data DIR --precision float32
    python -m benchmarks.san_study --plot   # the table and the picture

DIR holds mnist.npz. Lambda 1, 5 and 20; batches of 16 to 512 at one budget of images and one
learning rate, and small ones with a learning rate that falls to zero; dropout of 0.3 behind every
activation of the discriminator; three seeds each. The networks and the recipe are those of
`san_versus_gan`; the rows go to results/san_study.csv.
"""

import argparse
import dataclasses

from benchmarks import short_runs
from benchmarks.short_runs import Setting

BASE = Setting("mnist")
SEEDS = (0, 1, 2)
TURNED = {
    "direction_weight": (1.0, 5.0, 20.0),
    "batch_size": (16, 32, 64, 128, 256, 512),
    "decayed_batch_size": (16, 32, 64),
    "dropout": (0.0, 0.3),
}
TITLES = {
    "direction_weight": "lambda",
    "batch_size": "batch",
    "decayed_batch_size": "rate to zero, batch",
    "dropout": "dropout",
}
# A student study of an MLP SAN on images like MNIST's: Fréchet Inception distance.
THEIRS = {
    "direction_weight": {1.0: 20.54, 5.0: 20.91, 20.0: 21.29},
    "batch_size": {64: 19.04, 128: 20.54, 256: 24.97, 512: 36.19},
    "decayed_batch_size": {},
    "dropout": {0.0: 19.04, "with": 36.64},
}
EXTRACTORS = {"mnist": ("mnistclassifier", "mnistclassifier")}
NAME = "san_study"
IMAGES = 200_000


def turned(option, value):
    """What differs from the base."""
    if option == "decayed_batch_size":
        return {"batch_size": value, "decay": True}
    return {option: value}


def settings():
    """Name to setting of every run; the base is one run for all three questions."""
    found = {}
    for seed in SEEDS:
        for option, values in TURNED.items():
            for value in values:
                setting = dataclasses.replace(BASE, seed=seed, **turned(option, value))
                if setting not in found.values():
                    found[f"{option}-{value:g}-{seed}"] = setting
    return found


def rows_with(rows, option, value):
    """The rows of one value of an option, the others being the base's."""
    wanted = dataclasses.asdict(BASE) | turned(option, value)
    key = {k: str(v) for k, v in wanted.items() if k != "seed"}
    return [row for row in rows if all(row[k] == v for k, v in key.items())]


def table(rows):
    """Mean and deviation over the seeds, beside the published figures, a Markdown table."""
    lines = [
        "| | runs | FD | KID, thousandths | precision | recall | the student's FID |",
        "|---|---|---|---|---|---|---|",
    ]
    for option, values in TURNED.items():
        for value in values:
            own = rows_with(rows, option, value)
            if not own:
                continue
            thousandths = [row | {"kid": 1000 * float(row["kid"])} for row in own]
            cells = [
                short_runs.mean_and_deviation(own, "fd"),
                short_runs.mean_and_deviation(thousandths, "kid"),
                *(short_runs.mean_and_deviation(own, c) for c in ("precision", "recall")),
            ]
            theirs = THEIRS[option].get(value, THEIRS[option].get("with", "not tried"))
            name = f"{TITLES[option]} {value:g}"
            lines.append(f"| {name} | {len(own)} | {' | '.join(cells)} | {theirs} |")
    first = rows[0]
    lines += [
        "",
        f"About {int(first['images']):,} images a run, {int(first['count']):,} generated against "
        f"as many training images, extractor {first['extractor']}; FD of real against real images "
        f"{first['fd_real']}; {first['backend']}, {first['precision_policy']}, "
        f"{short_runs.machine(rows)}. "
        "± is the standard deviation over the seeds. The last column is of other networks, images "
        "and features: only its trend compares.",
    ]
    return "\n".join(lines)


def panels(curves):
    """A panel for each question."""
    found = {}
    for option, values in TURNED.items():
        groups = {f"{value:g}": rows_with(curves, option, value) for value in values}
        found[TITLES[option]] = {name: own for name, own in groups.items() if own}
    return found


def main(arguments=None):
    """Runs what is missing, or publishes what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    short_runs.command(parser, arguments, settings(), EXTRACTORS, NAME, table, panels, IMAGES)


if __name__ == "__main__":
    main()
