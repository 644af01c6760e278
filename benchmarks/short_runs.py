"""Short trainings of one small network under many settings: what the comparisons share.

A run trains a DCGAN at a quarter of its width, is measured on the way (a curve) and at its end, and
leaves rows in two CSV files when it is finished; a run that is there is not run again. Processes
may share the files: each line is written at once.
"""

import csv
import dataclasses
import datetime
import os
import pathlib
import time

import keras
import numpy as np

import keras_san
from benchmarks import results
from keras_san.data.image_dataset import ImageDataset
from keras_san.data.load import load
from keras_san.metrics.extractors.efficientnet_lite0 import efficientnet_lite0

FOLDER = pathlib.Path(__file__).parent
RESULTS = FOLDER / "results"
WIDTH, BATCH_SIZE, EMA_HALF_LIFE = 16, 64, 20_000
IMAGES, EVERY = 300_000, 50_000
CURVE_COUNT, FINAL_COUNT = 5_000, 10_000
# EfficientNet-Lite0 at 64 pixels: a tenth of the work, enough to rank images of 32 pixels.
FEATURES = {"small": lambda: efficientnet_lite0(64)}
KEY = ("data", "loss", "head", "seed", "direction_weight", "batch_size", "dropout", "warm_up")
KEY += ("learning_rate", "decay", "images")
MEASURES = ("kid", "fd", "precision", "recall")
CURVE_COLUMNS = (*KEY, "at", "kid", "fd", "extractor", "count")
COLUMNS = (*KEY, *MEASURES, "fd_real", "extractor", "count", "step_ms", "generator_parameters")
COLUMNS += ("width", "precision_policy", "date", "backend", "threads", "cpu")


@dataclasses.dataclass(frozen=True)
class Setting:
    """What a run is: data set, objective, head and what the study turns.

    `warm_up` is the number of steps in which the discriminator's learning rate rises from zero;
    `learning_rate` is that of both players, which falls linearly to zero where there is `decay`.
    """

    data: str
    loss: str = "hinge"
    head: str = "san"
    seed: int = 0
    direction_weight: float = 1.0
    batch_size: int = BATCH_SIZE
    dropout: float = 0.0
    warm_up: int = 0
    learning_rate: float = 2e-4
    decay: bool = False

    def key(self, images):
        """What tells one run from another, strings as in the CSV."""
        return {**{k: str(v) for k, v in dataclasses.asdict(self).items()}, "images": str(images)}


class Judge:
    """Measures models against the training images of one data set."""

    def __init__(self, dataset, extractors, counts, cache):
        curve, final = (FEATURES[name]() if name in FEATURES else name for name in extractors)
        options = dict(cache=cache, batch_size=100)
        self._curve = keras_san.metrics.Evaluation(
            dataset, ("kid", "fd"), counts[0], curve, **options
        )
        self._final = keras_san.metrics.Evaluation(
            dataset, ("kid", "fd", "prdc"), counts[1], final, **options
        )

    def curve(self, model):
        """Kernel and Fréchet distance, quickly."""
        return _values(self._curve, model)

    def final(self, model):
        """All measures, with more images."""
        return _values(self._final, model)


def _values(evaluation, model):
    found = evaluation.of(model)
    values = {result.measure: f"{result.value:.6g}" for result in found}
    floor = next(result.floor for result in found if result.measure == "fd")
    return values | {
        "fd_real": f"{floor.value:.6g}",
        "extractor": evaluation.extractor.name,
        "count": evaluation.count,
    }


def make_model(setting, image_shape, width, steps=1):
    """The network of a setting, compiled; the same seed gives both heads the same first weights."""
    keras.utils.set_random_seed(setting.seed)
    discriminator = keras_san.models.DCGANDiscriminator(image_shape, width=width, head=setting.head)
    if setting.dropout:
        discriminator = with_dropout(discriminator, setting.dropout, setting.seed)
    keras.utils.set_random_seed(setting.seed + 1000)
    model = keras_san.SANModel(
        keras_san.models.DCGANGenerator(image_shape, width=width),
        discriminator,
        direction_weight=setting.direction_weight,
        ema=EMA_HALF_LIFE,
        seed=setting.seed,
    )
    optimizers = [keras.optimizers.Adam(setting.learning_rate, beta_1=0.5) for _ in range(2)]
    scheme = keras_san.models.TrainingScheme(
        warm_up_steps=setting.warm_up, decay_steps=steps if setting.decay else None
    )
    model.compile(setting.loss, *optimizers, scheme=scheme)
    return model


def with_dropout(discriminator, rate, seed):
    """The same discriminator with dropout behind every activation."""
    trunk = discriminator.trunk
    x = images = keras.Input(trunk.input_shape[1:])
    for index, layer in enumerate(trunk.layers[1:]):
        x = layer(x)
        if isinstance(layer, keras.layers.LeakyReLU):
            x = keras.layers.Dropout(rate, seed=seed + index)(x)
    return keras_san.models.Discriminator(keras.Model(images, x), discriminator.head)


class Curve(keras.callbacks.Callback):
    """Measures at the end of each epoch; keeps how long the epochs took without that."""

    def __init__(self, judge, images):
        super().__init__()
        self.judge, self.images = judge, images
        self.points, self.seconds = [], []

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the clock."""
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Stops it and measures."""
        self.seconds.append(time.perf_counter() - self._start)
        values, at = self.judge.curve(self.model), (epoch + 1) * self.images
        self.points.append({"at": at, **values})
        print(f"  {at:,} images: kid {values['kid']}, fd {values['fd']}", flush=True)


def run(setting, dataset, judge, options):
    """Trains and measures; returns the rows of the curve and the row of the end."""
    parts = max(1, round(options.images / options.every))
    steps = max(1, options.images // setting.batch_size // parts)
    model = make_model(setting, dataset.image_shape, options.width, parts * steps)
    stream = ImageDataset(dataset.source, setting.batch_size, seed=setting.seed, repeat=True)
    points = Curve(judge, steps * setting.batch_size)
    # One call: on TensorFlow every `fit` may end with a wait as long as itself, until a thread of
    # tf.data that tunes its pipeline wakes.
    model.fit(stream, steps_per_epoch=steps, epochs=parts, verbose=0, callbacks=[points])
    curve = [{**setting.key(options.images), **point} for point in points.points]
    # The first epoch compiles, unless it is all there is.
    timed = points.seconds[1:] or points.seconds
    final = {
        **setting.key(options.images),
        **judge.final(model),
        "step_ms": f"{1000 * sum(timed) / len(timed) / steps:.2f}",
        "generator_parameters": model.generator.count_params(),
        "width": options.width,
        "precision_policy": keras.config.dtype_policy().name,
        "date": datetime.date.today().isoformat(),
        "backend": keras.backend.backend(),
        "threads": len(os.sched_getaffinity(0)),
        "cpu": results.processor(),
    }
    return curve, final


def append(path, rows, columns):
    """Adds rows to a CSV in one write, so that processes may share it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        if file.tell() == 0:
            writer.writeheader()
        writer.writerows(rows)


def rows_of(path, key):
    """The rows of a CSV, the last one of each key."""
    return list({tuple(row[name] for name in key): row for row in results.read(path)}.values())


def is_done(path, setting, images):
    """Whether the CSV of finished runs has this one."""
    key = setting.key(images)
    return any(all(row[name] == key[name] for name in KEY) for row in results.read(path))


def check_alike(path, options):
    """Ends the program where the CSV has rows of other networks or protocols than are asked for."""
    for row in results.read(path):
        asked = {"width": str(options.width), "count": str(options.count)}
        if other := [f"{name} {row[name]}" for name in asked if row[name] != asked[name]]:
            raise SystemExit(
                f"{path} has rows of {', '.join(other)}, which would count as the same runs. "
                "Give another --out."
            )


def run_all(settings, extractors, name, options):
    """Runs what is missing, in order; rows go to NAME.csv and NAME_curves.csv in options.out."""
    keras.config.set_dtype_policy(options.precision)
    finished, curves = options.out / f"{name}.csv", options.out / f"{name}_curves.csv"
    check_alike(finished, options)
    judges = {}
    for setting in settings:
        if is_done(finished, setting, options.images):
            continue
        print(f"{setting}", flush=True)
        dataset = load(
            options.data / f"{setting.data}.npz",
            image_size=32,
            labels="none",
            resize="pad",
            batch_size=1,
        )
        if setting.data not in judges:
            counts = (options.curve_count, options.count)
            judges[setting.data] = Judge(dataset, extractors[setting.data], counts, options.cache)
        curve, final = run(setting, dataset, judges[setting.data], options)
        append(curves, curve, CURVE_COLUMNS)
        append(finished, [final], COLUMNS)


def add_options(parser):
    """The options that the comparisons share."""
    parser.add_argument("--data", type=pathlib.Path, help="folder that holds the .npz files")
    parser.add_argument("--only", action="append", metavar="RUN", help="names as --list prints")
    parser.add_argument("--seeds", nargs="*", type=int, help="default: all")
    parser.add_argument("--list", action="store_true", help="print the names of the runs")
    parser.add_argument("--images", type=int, help="a run; default %(default)s")
    parser.add_argument("--every", type=int, default=EVERY, help="images between measurements")
    parser.add_argument("--width", type=int, default=WIDTH)
    parser.add_argument("--warm-up", type=int, metavar="STEPS", help="of all runs; default: theirs")
    parser.add_argument("--learning-rate", type=float, help="of all runs; default: theirs")
    parser.add_argument("--curve-count", type=int, default=CURVE_COUNT, help="of each kind")
    parser.add_argument("--count", type=int, default=FINAL_COUNT, help="of each kind, at the end")
    parser.add_argument(
        "--precision", choices=("float32", "mixed_bfloat16"), default="mixed_bfloat16"
    )
    parser.add_argument("--out", type=pathlib.Path, default=RESULTS)
    parser.add_argument("--cache", type=pathlib.Path, help="keeps features of the real images")
    parser.add_argument("--page", type=pathlib.Path, default=FOLDER.parent / "docs")
    parser.add_argument("--plot", action="store_true", help="run nothing; tables and plots")


def chosen(settings, only, seeds=None):
    """Name to setting of the runs asked for."""
    unknown = set(only or ()) - settings.keys()
    if unknown:
        raise SystemExit(f"There are no runs {', '.join(sorted(unknown))}; --list prints all.")
    found = {name: settings[name] for name in only or settings}
    return {name: s for name, s in found.items() if seeds is None or s.seed in seeds}


def command(parser, arguments, settings, extractors, name, table, panels, images=IMAGES):
    """What a comparison does when it is called: lists, runs what is missing, or publishes."""
    add_options(parser)
    parser.set_defaults(images=images)
    options = parser.parse_args(arguments)
    wanted = chosen(settings, options.only, options.seeds)
    if options.list:
        print("\n".join(wanted))
    elif options.plot:
        publish(options, name, table, panels)
    elif options.data is None:
        parser.error("--data DIR: the folder that holds the .npz files")
    else:
        turned = {name: getattr(options, name) for name in ("warm_up", "learning_rate")}
        turned = {name: value for name, value in turned.items() if value is not None}
        wanted = {key: dataclasses.replace(setting, **turned) for key, setting in wanted.items()}
        run_all(wanted.values(), extractors, name, options)


def publish(options, name, table, panels):
    """Rewrites the page; says so where there is nothing to publish or no matplotlib."""
    finished, curves = options.out / f"{name}.csv", options.out / f"{name}_curves.csv"
    rows, curves = (
        [row for row in rows_of(path, key) if int(row["images"]) == options.images]
        for path, key in ((finished, KEY), (curves, (*KEY, "at")))
    )
    if not rows:
        print(f"no runs of {options.images:,} images in {options.out}")
        return
    text = table(rows)
    picture = options.page / "images" / f"{name}.png"
    try:
        plot_curves(panels(curves), picture)
        text += f"\n\n![Fréchet distance over the images seen](images/{picture.name})"
    except ImportError:
        print("The plots need matplotlib: pip install 'keras-san[benchmarks]'")
    print(text)
    results.put(options.page / "does_san_help.md", name, text)


def machine(rows):
    """Threads and processors of the rows, in words."""
    threads, cpus = (sorted({row[name] for row in rows}) for name in ("threads", "cpu"))
    return f"{' or '.join(threads)} threads of {', '.join(cpus)}"


def mean_and_deviation(rows, column):
    """Mean ± standard deviation over the seeds, three significant digits."""
    values = np.array([float(row[column]) for row in rows])
    if len(values) < 2:
        return f"{values[0]:.3g}"
    return f"{values.mean():.3g} ± {values.std(ddof=1):.2g}"


def plot_curves(panels, path, column="fd", log=True):
    """Draws lines with the range over the seeds as a band; needs matplotlib.

    Args:
        panels: dict from a title to a dict from a label to rows of a curve.
        path: PNG file.
        column: what is drawn. Defaults to `"fd"`.
        log: bool, a logarithmic axis. Defaults to `True`.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    columns = min(3, len(panels))
    lines = -(-len(panels) // columns)
    figure, axes = pyplot.subplots(lines, columns, figsize=(4 * columns, 3 * lines), squeeze=False)
    for axis, (title, groups) in zip(axes.flat, panels.items(), strict=False):
        for label, rows in groups.items():
            by_images = {}
            for row in rows:
                by_images.setdefault(int(row["at"]), []).append(float(row[column]))
            at = sorted(by_images)
            thousands = [x / 1000 for x in at]
            axis.plot(thousands, [np.mean(by_images[x]) for x in at], label=label)
            low, high = ([limit(by_images[x]) for x in at] for limit in (min, max))
            axis.fill_between(thousands, low, high, alpha=0.2)
        axis.set(title=title, xlabel="thousand images", yscale="log" if log else "linear")
        axis.set_ylabel("Fréchet distance" if column == "fd" else column)
        axis.legend(fontsize=8)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
