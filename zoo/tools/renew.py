"""Measures a preset of the zoo anew, with batch statistics taken anew if asked, and stores it.

    KERAS_BACKEND=torch python zoo/tools/renew.py sngan_fashion_mnist_32 --data fashion_mnist.npz \
        --standing-statistics 100 --cache runs/real

For presets whose run is no longer at hand: where the protocol of the measures has changed, or where
the averaged generator carries statistics that do not fit its weights. Those that were stored with
copied statistics (`zoo/LOG.md`, "Statistics of the averaged generator") gain by it. Weights, recipe
and curve stay what they are; the history says from how many batches the statistics are.
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
    parser.add_argument("--data", type=Path, required=True, help="the .npz file of its data set")
    parser.add_argument(
        "--standing-statistics", type=int, metavar="N", help="take the statistics from N batches"
    )
    parser.add_argument("--count", type=int, default=10_000, help="of each kind; default 10000")
    parser.add_argument("--extractor", default="effnetlite0", help="default effnetlite0")
    parser.add_argument("--cache", type=Path, help="keeps what is computed of real images")
    parser.add_argument("--zoo", type=Path, default=zoo_files.ZOO, help="default: of this clone")
    parser.add_argument("--pages", type=Path, default=zoo_files.ROOT, help="where README.md lies")
    options = parser.parse_args(arguments)

    known = zoo_files.presets(options.zoo)
    if options.name not in known:
        parser.error(f"no preset {options.name!r} in {options.zoo}; there are {', '.join(known)}")
    folder = known[options.name]
    config, recipe, history = (
        zoo_files.read(folder, name) for name in (layout.CONFIG, layout.RECIPE, layout.HISTORY)
    )
    size = config["resolution"]
    resize = recipe.get("resize", "crop")
    train, test = measure.open_data(options.data, resize, size, options.count)
    if train.sha256() != config["data"]["sha256"]:
        raise ValueError(
            f"{options.data} has the sha256 {train.sha256()}, {options.name} was trained on "
            f"{config['data']['sha256']}: give the file that it was trained on."
        )
    model = load_preset(folder)
    model.images_seen.assign(config["images_seen"])
    if options.standing_statistics:
        standing_statistics(model, batches=options.standing_statistics)
        history[TAKEN_ANEW] = options.standing_statistics
    results = measure.measure(
        model, train, test, train.name, options.count, options.cache, options.extractor
    )
    save_preset(
        model,
        folder,
        data=config["data"],
        license=config["license"]["weights"],
        metrics={result["name"]: publish.entry(result) for result in results},
        recipe=recipe,
        history=history,
        dtype=history["stored_as"],
        averaged_only="generator" not in layout.networks_in(config),
    )
    if "reduced_protocol" in history:
        publish.write_history(folder, history | {"reduced_protocol": reduced_measures(folder)})
    zoo_files.write_tables(options.zoo, options.pages)
    for result in results:
        print(f"{result['name']}: {result['value']:.4g}")
    print(f"wrote {folder}")


if __name__ == "__main__":
    main()
