"""Measures a preset by the protocol of the zoo and writes what `publish.py --metrics` takes.

    KERAS_BACKEND=torch python zoo/tools/measure.py dcgan_mnist_32 --data mnist.npz \
        --run runs/dcgan_mnist_32/00000-dcgan-mnist-hinge --cache runs/real --out measured.json

Kernel and Fréchet distance (with the distance between two sets of real images), precision, recall,
density, coverage and memorisation in EfficientNet-Lite0 features, 10,000 images of each kind, the
held-out images being the test split (authenticity where there is none); and for conditional presets
the class fidelity by the classifiers of the data set. On cifar10_jpeg the same once more in the
features of a classifier that was trained on that set alone: what a projected discriminator looks
through is EfficientNet-Lite0.
Without --run the preset of that name in the zoo is measured; with --run and --best the weights that
were best at the run's own measure.
"""

import argparse
import json
from pathlib import Path

from zoo_files import UNSEEN

from keras_san.cli.run_folder import RunFolder
from keras_san.data.load import load
from keras_san.features.shipped import DESCRIPTION, folder
from keras_san.metrics.evaluation import Evaluation
from keras_san.metrics.extractors.registry import get
from keras_san.presets.load import find_folder, load_preset

# Data set to the extractors that know its classes, and the folders of their weights.
CLASSIFIERS = {
    "mnist": {"mnistclassifier": "mnist_classifier"},
    "fashion_mnist": {"fashionmnistclassifier": "fashion_mnist_classifier"},
    "cifar10_jpeg": {
        "cifar10jpegprobe": "cifar10_jpeg_probe",
        "cifar10jpegclassifier": "cifar10_jpeg_classifier",
    },
}
FEATURE_MEASURES = ("fd", "kid", "prdc", "memorisation")
WITHOUT_HELD_OUT = {"memorisation": "authenticity"}


def measure(
    model, train, test, data, count, cache=None, extractor="effnetlite0", only=FEATURE_MEASURES
):
    """The results of a model, as plain values for JSON.

    Args:
        model: `keras_san.SANModel`.
        train: dataset that it was trained on.
        test: dataset of held-out images, or None.
        data: string, the name of the data set.
        count: int, images of each kind.
        cache: folder for what is computed of the real images, or None. Defaults to `None`.
        extractor: of the features. Defaults to `"effnetlite0"`.
        only: the measures to take; fewer than all leave the class fidelity out. Defaults to all.
    """
    measures = [name if test is not None else WITHOUT_HELD_OUT.get(name, name) for name in only]
    options = dict(count=count, held_out=test, cache=cache)
    found = []
    for name in dict.fromkeys((extractor, UNSEEN.get(data, extractor))):
        evaluation = Evaluation(train, measures=measures, extractor=name, **options)
        found += [result.as_dict() for result in evaluation.of(model)]
    judged = model.num_classes and tuple(only) == FEATURE_MEASURES
    for name, place in CLASSIFIERS.get(data, {}).items() if judged else ():
        evaluation = Evaluation(train, measures="fidelity", extractor=get(name), count=count)
        (fidelity,) = [result.as_dict() for result in evaluation.of(model)]
        description = json.loads((folder(place) / DESCRIPTION).read_text("utf-8"))
        found.append(fidelity | {"classifier_accuracy": description["accuracy"]})
    return found


def open_data(path, resize, image_size, count):
    """Training images, held-out images or None."""
    options = dict(image_size=image_size, batch_size=1, resize=resize)
    train = load(path, split="train", **options)
    try:
        test = load(path, split="test", **options)
    except ValueError:
        # Some sets have no test split, or an empty one.
        return train, None
    return train, test if test.num_images >= min(count, 1000) else None


def main(arguments=None):
    """Measures one preset and writes the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="of the preset")
    parser.add_argument("--data", type=Path, required=True, help="the .npz file of its data set")
    parser.add_argument("--run", help="run folder to measure; default: the preset in the zoo")
    parser.add_argument("--best", action="store_true", help="what the run keeps in best/")
    parser.add_argument("--count", type=int, default=10_000, help="of each kind; default 10000")
    parser.add_argument("--resize", choices=["crop", "pad"], help="default: the preset's recipe")
    parser.add_argument("--extractor", default="effnetlite0", help="default effnetlite0")
    parser.add_argument("--cache", type=Path, help="keeps what is computed of real images")
    parser.add_argument("--out", type=Path, help="default NAME.json")
    options = parser.parse_args(arguments)
    source = options.run or options.name
    recipe = json.loads((find_folder(source) / "recipe.json").read_text("utf-8"))
    if options.best:
        source = RunFolder.open(source).best
    model = load_preset(source, load_discriminator=False)
    resize = options.resize or recipe.get("options", recipe).get("resize", "crop")
    train, test = open_data(options.data, resize, model.image_shape[0], options.count)
    results = measure(
        model, train, test, train.name, options.count, options.cache, options.extractor
    )
    content = {"subject": options.name, "data": train.name, "data_sha256": train.sha256()}
    content |= {"images_seen": images_seen(source), "results": results}
    path = options.out or Path(f"{options.name}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    for result in results:
        print(f"{result['name']}: {result['value']:.4g}")
    print(f"wrote {path}")


def images_seen(source):
    """The images after which the preset was saved: its measures belong to that state alone."""
    return json.loads((find_folder(source) / "config.json").read_text("utf-8"))["images_seen"]


if __name__ == "__main__":
    main()
