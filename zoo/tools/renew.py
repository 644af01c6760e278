"""Stores a preset of the zoo anew: measured, with other batch statistics, or in less room.

    KERAS_BACKEND=torch python zoo/tools/renew.py sngan_fashion_mnist_32 --data fashion_mnist.npz \
        --standing-statistics 100 --cache runs/real
    python zoo/tools/renew.py biggan_deep_cifar10_jpeg_32 --averaged-only

For presets whose run is no longer at hand: where the protocol of the measures has changed, or where
the averaged generator carries statistics that do not fit its weights. Those that were stored with
copied statistics (`zoo/LOG.md`, "Statistics of the averaged generator") gain by it. Weights, recipe
and curve stay what they are; the history says from how many batches the statistics are. Without
--data the measures stay, too: leaving out the generator that is averaged changes no image.
"""

import argparse
from pathlib import Path

import measure
import publish
import zoo_files
from reduced import reduced_measures

from keras_san.presets import layout, load_preset, save_preset
from keras_san.sampling import standing_statistics

TAKEN_ANEW = "batches_of_standing_statistics"


def main(arguments=None):
    """Reads the arguments, measures the preset and puts it in the place of the old one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="of the preset")
    parser.add_argument("--data", type=Path, help="the .npz file of its data set, to measure it")
    parser.add_argument(
        "--standing-statistics", type=int, metavar="N", help="take the statistics from N batches"
    )
    parser.add_argument("--averaged-only", action="store_true", help="leave the generator out")
    parser.add_argument("--count", type=int, default=10_000, help="of each kind; default 10000")
    parser.add_argument("--extractor", default="effnetlite0", help="default effnetlite0")
    parser.add_argument(
        "--measures",
        default=",".join(measure.FEATURE_MEASURES),
        help="take these anew and leave the others as they are; default all",
    )
    parser.add_argument("--cache", type=Path, help="keeps what is computed of real images")
    parser.add_argument("--zoo", type=Path, default=zoo_files.ZOO, help="default: of this clone")
    parser.add_argument("--pages", type=Path, default=zoo_files.ROOT, help="where README.md lies")
    options = parser.parse_args(arguments)

    known = zoo_files.presets(options.zoo)
    if options.name not in known:
        parser.error(f"no preset {options.name!r} in {options.zoo}; there are {', '.join(known)}")
    if options.data is None and (options.standing_statistics or not options.averaged_only):
        parser.error("--data FILE is missing: other statistics make other images, to be measured")
    folder = known[options.name]
    config, recipe, history = (
        zoo_files.read(folder, name) for name in (layout.CONFIG, layout.RECIPE, layout.HISTORY)
    )
    images = own_data(config, recipe, options) if options.data is not None else None
    model = load_preset(folder)
    model.images_seen.assign(config["images_seen"])
    if options.standing_statistics:
        standing_statistics(model, batches=options.standing_statistics)
        history[TAKEN_ANEW] = options.standing_statistics
    metrics = config["metrics"]
    if images is not None:
        metrics = merged(metrics, measured(model, *images, options))
    save_preset(
        model,
        folder,
        data=config["data"],
        license=config["license"]["weights"],
        metrics=metrics,
        recipe=recipe,
        history=history,
        dtype=history["stored_as"],
        averaged_only=options.averaged_only or "generator" not in layout.networks_in(config),
    )
    if "reduced_protocol" in history:
        publish.write_history(folder, history | {"reduced_protocol": reduced_measures(folder)})
    zoo_files.write_tables(options.zoo, options.pages)
    for name, result in metrics.items():
        print(f"{name}: {result['value']:.4g}")
    print(f"wrote {folder}")


def own_data(config, recipe, options):
    """The training images and the held-out ones of a preset.

    Raises:
        ValueError: if the file is not what it was trained on.
    """
    resize = recipe.get("resize", "crop")
    train, test = measure.open_data(options.data, resize, config["resolution"], options.count)
    if train.sha256() != config["data"]["sha256"]:
        raise ValueError(
            f"{options.data} has the sha256 {train.sha256()}, {options.name} was trained on "
            f"{config['data']['sha256']}: give the file that it was trained on."
        )
    return train, test


def measured(model, train, test, options):
    """What a config holds of the measures of a model."""
    only = tuple(options.measures.split(","))
    results = measure.measure(
        model, train, test, train.name, options.count, options.cache, options.extractor, only
    )
    return {result["name"]: publish.entry(result) for result in results}


def merged(before, after):
    """The old measures but those taken anew, and these; a measure begins its entry's name."""
    taken = {tuple(name.split("_")[:2]) for name in after}
    kept = {
        name: entry for name, entry in before.items() if tuple(name.split("_")[:2]) not in taken
    }
    return kept | after


if __name__ == "__main__":
    main()
