"""The eight Gaussians of the SAN paper: what SAN's direction does for modes and samples.

    KERAS_BACKEND=jax python -m benchmarks.mixture           # all: 3 losses, 2 heads, 5 seeds
    KERAS_BACKEND=jax python -m benchmarks.mixture --losses hinge --heads san --seeds 0 \\
        --steps 200 --out short --page ""                    # elsewhere: not the kept rows
    python -m benchmarks.mixture --plot-only

Eight isotropic Gaussians on the unit circle, 10-D latents, 10,000 steps: the paper's. What it does
not state is our choice: a standard deviation of 0.05, generator and discriminator of two hidden
layers of 128 (ReLU; LeakyReLU 0.2), batch 256, Adam 1e-4 with betas (0, 0.9), no averaging.

A sample is good within three standard deviations of the nearest mode; a mode is covered if it has
at least a quarter of its fair share of good samples, of 10,000. The cosine is that of the direction
with the optimal one, the mean feature difference of real and generated points, each weighted with
-R'(score) of its loss (hinge: 1); at 1 the direction is optimal. The head "san_sqrt" is SAN's with
its scale in roots of the number of features (`scale_unit="sqrt"`). Rows go to
results/mixture.csv as runs end; a run that is there already is not run again. The table and the
plots go to docs/eight_gaussians.md.
"""

import argparse
import csv
import datetime
import functools
import pathlib
import time

import keras
import numpy as np
from keras import ops

import keras_san
from benchmarks import results
from keras_san.layers import SANDense, SANHead, direction_cosine
from keras_san.models.head import make_head

RESULTS = pathlib.Path(__file__).parent / "results"
PAGE = pathlib.Path(__file__).parent.parent / "docs" / "eight_gaussians.md"
MODES = np.stack([np.cos(np.pi / 4 * np.arange(8)), np.sin(np.pi / 4 * np.arange(8))], axis=1)
STDDEV, LATENT_DIM, WIDTH, BATCH_SIZE, SAMPLES = 0.05, 10, 128, 256, 10_000
# Head: its name in tables, what makes it.
HEADS = {
    "dense": ("GAN", functools.partial(make_head, "dense")),
    "san": ("SAN", functools.partial(make_head, "san")),
    "san_sqrt": ("SAN, scale in roots", functools.partial(SANDense, scale_unit="sqrt")),
}
COLUMNS = (
    "loss",
    "head",
    "seed",
    "step",
    "modes",
    "good",
    "cosine",
    "seconds",
    "date",
    "backend",
    "cpu",
)


def draw(count, random):
    """Points of the mixture, `(count, 1, 1, 2)`: images of one pixel and two channels."""
    points = MODES[random.integers(8, size=count)] + STDDEV * random.normal(size=(count, 2))
    return points.astype("float32").reshape(-1, 1, 1, 2)


class Mixture(keras.utils.PyDataset):
    """Endless fresh points: batch `index` is always the same."""

    def __init__(self, seed, steps, start):
        super().__init__()
        self.seed, self.steps, self.start = seed, steps, start

    def __len__(self):
        return self.steps

    def __getitem__(self, index):
        return (draw(BATCH_SIZE, np.random.default_rng((self.seed, self.start + index))),)


def make_model(loss, head, seed, steps_per_execution):
    """The GAN or the SAN of two small networks; `head` is one of `HEADS`."""
    _, make = HEADS[head]
    keras.utils.set_random_seed(seed)
    dense = keras.layers.Dense
    generator = keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            dense(WIDTH, "relu"),
            dense(WIDTH, "relu"),
            dense(2),
            keras.layers.Reshape((1, 1, 2)),
        ]
    )
    trunk = keras.Sequential(
        [
            keras.Input((1, 1, 2)),
            keras.layers.Flatten(),
            dense(WIDTH),
            keras.layers.LeakyReLU(0.2),
            dense(WIDTH),
            keras.layers.LeakyReLU(0.2),
        ]
    )
    discriminator = keras_san.models.Discriminator(trunk, make())
    model = keras_san.SANModel(generator, discriminator, ema=0.0, seed=seed)
    optimizers = [keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9) for _ in range(2)]
    model.compile(loss, *optimizers, steps_per_execution=steps_per_execution)
    return model


def optimal_cosine(model, real, fake):
    """Cosine of the direction with what the loss, whichever head, asks of it."""
    head, trunk = model.discriminator.head, model.discriminator.trunk
    # SAN's bias is part of the features that its direction meets.
    bias = head.bias if isinstance(head, SANHead) else 0.0
    weighted = []
    for points in (real, fake):
        features = ops.convert_to_tensor(trunk.predict(points, batch_size=SAMPLES, verbose=0))
        weights = model.objective.loss.generator_slope(head(features))
        weighted.append((features + bias) * weights)
    return float(ops.convert_to_numpy(direction_cosine(head, *weighted)))


def measure(model, seed):
    """Modes covered, share of good samples, cosine of the direction; and the samples."""
    random = np.random.default_rng((seed, 2**31))
    latents = random.normal(size=(SAMPLES, LATENT_DIM)).astype("float32")
    fake = model.generator.predict(latents, batch_size=SAMPLES, verbose=0)
    points = fake.reshape(-1, 2)
    distances = np.linalg.norm(points[:, None] - MODES[None], axis=2)
    good = distances.min(axis=1) < 3 * STDDEV
    counts = np.bincount(distances.argmin(axis=1)[good], minlength=8)
    cosine = optimal_cosine(model, draw(SAMPLES, random), fake)
    return {
        "modes": int((counts >= SAMPLES / 8 / 4).sum()),
        "good": round(float(good.mean()), 4),
        "cosine": round(cosine, 4),
    }, points[:2000]


def run(loss, head, seed, options):
    """Trains one model and yields a row at each measurement."""
    at_once = 1 if keras.backend.backend() == "torch" else options.every
    model = make_model(loss, head, seed, at_once)
    start = time.perf_counter()
    for step in range(0, options.steps, options.every):
        model.fit(Mixture(seed, options.every, step), epochs=1, verbose=0)
        values, points = measure(model, seed)
        yield {
            "loss": loss,
            "head": head,
            "seed": seed,
            "step": step + options.every,
            **values,
            "seconds": round(time.perf_counter() - start, 1),
            "date": datetime.date.today().isoformat(),
            "backend": keras.backend.backend(),
            "cpu": results.processor(),
        }
    if seed == min(options.seeds):
        options.out.mkdir(parents=True, exist_ok=True)
        points = points.astype("float16")
        np.savez_compressed(options.out / f"mixture_{loss}_{head}_{seed}.npz", points=points)


def write(path, rows):
    """Adds rows to the CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows(rows)


def table(rows):
    """The last measurement of all seeds, a Markdown table: mean and standard deviation."""
    lines = [
        "| loss | model | seeds | steps | modes of 8 | good samples | cosine |",
        "|---|---|---|---|---|---|---|",
    ]
    found = {(row["loss"], row["head"]) for row in rows}
    for loss, head in sorted(found, key=lambda pair: (pair[0], list(HEADS).index(pair[1]))):
        own = [row for row in rows if (row["loss"], row["head"]) == (loss, head)]
        last = max(int(row["step"]) for row in own)
        final = [row for row in own if int(row["step"]) == last]
        cells = []
        for name in ("modes", "good", "cosine"):
            values = np.array([float(row[name]) for row in final])
            deviation = values.std(ddof=1) if len(values) > 1 else 0.0
            cells.append(f"{values.mean():.2f} ± {deviation:.2f}")
        lines.append(f"| {loss} | {HEADS[head][0]} | {len(final)} | {last} | {' | '.join(cells)} |")
    return "\n".join(lines)


def plot(rows, folder, pictures):
    """Draws the cosine over time and the samples of the first seed; needs matplotlib.

    Args:
        rows: list of dicts, of the CSV.
        folder: where the samples are.
        pictures: where the plots go.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pictures.mkdir(parents=True, exist_ok=True)
    losses = sorted({row["loss"] for row in rows})
    figure, axes = pyplot.subplots(1, len(losses), figsize=(4 * len(losses), 3), squeeze=False)
    for axis, loss in zip(axes[0], losses, strict=True):
        for head, (name, _) in HEADS.items():
            own = [row for row in rows if (row["loss"], row["head"]) == (loss, head)]
            steps = sorted({int(row["step"]) for row in own})
            by_step = [
                [float(row["cosine"]) for row in own if int(row["step"]) == step] for step in steps
            ]
            if steps:
                axis.plot(steps, [np.mean(values) for values in by_step], label=name)
                low, high = ([f(values) for values in by_step] for f in (np.min, np.max))
                axis.fill_between(steps, low, high, alpha=0.2)
        axis.set(title=loss, xlabel="step", ylabel="cosine with the optimal direction")
        axis.set_ylim(-0.1, 1.02)
        axis.legend()
    figure.tight_layout()
    figure.savefig(pictures / "mixture_cosine.png", dpi=110)

    seed = min(int(row["seed"]) for row in rows)
    shape = {"squeeze": False, "figsize": (3 * len(losses), 3 * len(HEADS))}
    figure, axes = pyplot.subplots(len(HEADS), len(losses), **shape)
    for line, (head, (name, _)) in enumerate(HEADS.items()):
        for axis, loss in zip(axes[line], losses, strict=True):
            path = folder / f"mixture_{loss}_{head}_{seed}.npz"
            axis.scatter(*MODES.T, s=40, c="tab:orange", marker="x")
            if path.exists():
                axis.scatter(*np.load(path)["points"].T, s=1, c="tab:blue")
            axis.set(title=f"{name}, {loss}", xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), aspect="equal")
    figure.tight_layout()
    figure.savefig(pictures / "mixture_samples.png", dpi=110)


def main(arguments=None):
    """Runs what is missing, prints the table and draws the plots."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--losses", nargs="*", default=["hinge", "saturating", "non_saturating"])
    parser.add_argument("--heads", nargs="*", default=list(HEADS))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--every", type=int, default=500, help="steps between measurements")
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS, help="folder of the results")
    parser.add_argument("--page", default=str(PAGE), help="Markdown to rewrite; empty for none")
    parser.add_argument("--plot-only", action="store_true", help="run nothing")
    options = parser.parse_args(arguments)
    options.every = min(options.every, options.steps)
    if options.steps % options.every:
        parser.error(f"--steps {options.steps} is no multiple of --every {options.every}")
    path = options.out / "mixture.csv"
    runs = [
        (loss, h, seed) for seed in options.seeds for loss in options.losses for h in options.heads
    ]
    for loss, head, seed in [] if options.plot_only else runs:
        done = {
            (row["loss"], row["head"], int(row["seed"]), int(row["step"]))
            for row in results.read(path)
        }
        if (loss, head, seed, options.steps) in done:
            continue
        rows = list(run(loss, head, seed, options))
        write(path, rows)
        last = rows[-1]
        print(
            f"{loss} {head} {seed}: modes {last['modes']}, good {last['good']}, "
            f"cosine {last['cosine']}, {last['seconds']} s",
            flush=True,
        )
    rows = results.read(path)
    print(table(rows))
    if not options.page or not rows:
        return
    page = pathlib.Path(options.page)
    results.put(page, "mixture", table(rows))
    try:
        plot(rows, options.out, page.parent / "images")
    except ImportError:
        print("The plots need matplotlib: pip install 'keras-san[benchmarks]', then --plot-only.")


if __name__ == "__main__":
    main()
