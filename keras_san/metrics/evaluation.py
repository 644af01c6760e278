"""Measures of generated images against real ones, by one protocol."""

import dataclasses
import hashlib
import json
import os
import time
from pathlib import Path

import numpy as np

from keras_san.features.shipped import read_shipped
from keras_san.metrics.class_checks import check_classes
from keras_san.metrics.extractors.registry import get
from keras_san.metrics.frechet_distance import frechet_distance
from keras_san.metrics.image_source import ModelImages, chosen, class_shares, image_source
from keras_san.metrics.measures import get_measures
from keras_san.metrics.result import Protocol, Result
from keras_san.metrics.sample import Sample, gather


class Evaluation:
    """Measures models by one protocol; what it needs of the real images is computed once.

    Use it to judge several models, or one again and again, as the callback `Evaluate` does;
    `evaluate` is the function for once.

    Args:
        real: dataset of `keras_san.data`, uint8 array `(count, height, width, channels)`, or a
            pair of such an array and labels.
        measures: names of `keras_san.metrics.measures()`, a sequence or one string with commas.
            Defaults to `("fd", "kid", "prdc")`.
        count: int, images of each kind; all real ones if there are fewer. Defaults to `10_000`.
        extractor: name or `Extractor`. Defaults to `"effnetlite0"`.
        held_out: real images that the model was not trained on, in the forms of `real`, for
            `"memorisation"` and for the floor. `"memorisation"` looks at all of them, and it and
            `"authenticity"` at all real images, whatever `count` is. Defaults to `None`.
        split: string, what the real images are, for the names of results. Defaults to `"train"`.
        seed: int, of the choice of real images and the first seed of the generated. A conditional
            model draws its classes as often as they occur among labelled real images, else all
            alike. Defaults to `0`.
        batch_size: int, images at a time. Defaults to `64`.
        cache: folder that keeps what was computed of the real images, or `None`. Defaults to
            `None`.

    Raises:
        ValueError: if a measure or the extractor is unknown, or images, labels or held-out images
            that a measure needs are missing.

    Example:

    ```python
    import keras_san
    import numpy as np

    images = np.random.default_rng(0).integers(0, 256, (40, 28, 28, 1), "uint8")
    evaluation = keras_san.metrics.Evaluation(
        images[:20], measures="kid", count=20, extractor="mnistclassifier"
    )
    (result,) = evaluation.of(images[20:])
    print(result.name, result.estimate)
    ```
    """

    def __init__(
        self,
        real,
        measures=("fd", "kid", "prdc"),
        count=10_000,
        extractor="effnetlite0",
        held_out=None,
        split="train",
        seed=0,
        batch_size=64,
        cache=None,
    ):
        limits = ("count", count, 2), ("seed", seed, 0), ("batch_size", batch_size, 1)
        for name, value, least in limits:
            if value < least:
                raise ValueError(f"{name} must be at least {least}. Received: {value!r}.")
        self.measures = get_measures(measures)
        self.extractor = get(extractor)
        self.split, self.seed, self.batch_size = split, int(seed), int(batch_size)
        self._real = image_source(real)
        if isinstance(self._real, ModelImages):
            raise ValueError(
                "The real images cannot be a model. The model comes first: evaluate(model, images)."
            )
        self._held_out = None if held_out is None else image_source(held_out)
        self.cache = None if cache is None else Path(cache)
        self.count = int(count)
        self.needs = {need for measure in self.measures for need in measure.needs}
        if "held_out" in self.needs and self._held_out is None:
            raise ValueError(
                "memorisation compares with images that were not trained on: pass held_out."
            )
        self._samples = {}
        self._data_sha256 = None
        self._held_out_sha256 = None

    def of(self, fake):
        """Measures generated images.

        Args:
            fake: `keras_san.SANModel`, dataset of `keras_san.data`, uint8 array, or a pair of an
                array and labels.

        Returns:
            list of `Result`.
        """
        source = image_source(fake)
        if isinstance(source, ModelImages):
            source.shares = class_shares(self._real, source.num_classes)
        if any({"labels", "probabilities"} <= set(m.needs) for m in self.measures):
            check_classes(source, self._real, self.extractor)
        available = source.num_images
        count = self.count if available is None else min(self.count, available)
        places = chosen(source, count, self.seed)
        needs = self.needs - {"train", "held_out"}
        drawn = self._gather(source, places, needs, "generated images")
        real = self._real_sample()
        if real.image_shape[:2] != drawn.image_shape[:2]:
            raise ValueError(
                f"Real images are {real.image_shape[:2]} pixels, generated ones "
                f"{drawn.image_shape[:2]}: that difference alone would be measured. Bring the "
                "real ones to the size of the generated: image_size= of keras_san.data, "
                "--resolution on the command line."
            )
        if real.image_shape[-1:] != drawn.image_shape[-1:]:
            raise ValueError(
                f"Real images have {real.image_shape[-1]} channels, generated ones "
                f"{drawn.image_shape[-1]}: that difference alone would be measured."
            )
        protocol = Protocol(
            real.count,
            drawn.count,
            self.split,
            self._real_sha256(),
            drawn.image_shape,
            self.extractor.name,
            self.extractor.sha256,
            self.extractor.resize,
            self._real.resize,
            self.extractor.input,
        )
        results = []
        for measure in self.measures:
            start = time.perf_counter()
            estimates = measure.compute(real, drawn)
            seconds = time.perf_counter() - start
            floor, floor_count = self._floor(measure, real)
            own = self._protocol_of(measure, protocol)
            for name, estimate in estimates.items():
                results.append(Result(name, estimate, own, floor, floor_count, self.seed, seconds))
        return results

    def check(self, model):
        """Raises a `ValueError` if this model can never be measured, before work is lost."""
        if "labels" in self.needs and not (model.num_classes and self._labels_fit()):
            raise ValueError("A measure by class needs a conditional model and real labels.")
        if model.image_shape[-1] not in (1, 3):
            raise ValueError(
                f"Images of {model.image_shape[-1]} channels cannot be measured, only those of 1 "
                "or 3. Switch measuring off (--measures none)."
            )
        if self._real.num_images < 2:
            raise ValueError(
                f"There are {self._real.num_images} real images; measuring needs at least 2. "
                "Switch it off (--measures none)."
            )

    def _labels_fit(self):
        by_real_labels = any("labels" in m.needs for m in self.measures if m.real)
        return self._real.labelled or not by_real_labels

    def names(self):
        """The names of the results that a `SANModel` gets.

        Returns:
            list of strings.
        """
        available = self._real.num_images
        n_real = self.count if available is None else min(self.count, available)
        protocol = Protocol(n_real, self.count, self.split, extractor=self.extractor.name)
        return [
            f"{value}_{self._protocol_of(measure, protocol).suffix}"
            for measure in self.measures
            for value in measure.values
        ]

    def _protocol_of(self, measure, protocol):
        """The protocol of one measure: what it alone looks at, or does not look at."""
        changes = {}
        if measure.extractor:
            count = min(measure.most, protocol.n_fake)
            changes = dict(n_real=count, n_fake=count, extractor=measure.extractor)
            # Path length looks through the maps of the shipped network.
            weights = read_shipped("efficientnet_lite0")[0]["sha256"]
            changes |= dict(extractor_sha256=weights, extractor_input="")
        if "train" in measure.needs:
            changes["n_real"] = self._real.num_images
        if "held_out" in measure.needs and self._held_out is not None:
            if self._held_out_sha256 is None:
                self._held_out_sha256 = self._held_out.sha256()
            changes["held_out_sha256"] = self._held_out_sha256
            changes["n_held_out"] = self._held_out.num_images
        return dataclasses.replace(protocol, **changes)

    def _gather(self, source, places, needs, what="real images"):
        return gather(source, places, self.extractor, needs, self.batch_size, self.seed, what)

    def _real_needs(self):
        of_real = [measure for measure in self.measures if measure.real]
        needs = {need for measure in of_real for need in measure.needs}
        return needs & {"statistics", "features", "labels"}

    def _real_sample(self):
        if "real" not in self._samples:
            places = chosen(self._real, self.count, self.seed)
            sample = self._cached("real", self._real, places, self._real_needs())
            if "train" in self.needs:
                # The same images in the same order, where the count takes them all.
                takes_all = len(places) == self._real.num_images
                train = sample if takes_all else self._all("train", self._real)
                sample.train = train.features
            if "held_out" in self.needs:
                held_out = self._all("held_out", self._held_out_images())
                _check_held_out(held_out, sample)
                sample.held_out = held_out.features
            self._samples["real"] = sample
        return self._samples["real"]

    def _all(self, role, source):
        """The features of all images: a copy of any of them is to be found."""
        places = chosen(source, source.num_images, self.seed)
        return self._cached(role, source, places, {"features"})

    def _held_out_images(self):
        # Two splits of one file have its hash, but not the same images.
        same_file = self._held_out.sha256() == self._real_sha256()
        places = np.arange(min(self._held_out.num_images, self._real.num_images))
        if same_file and _pixels(self._held_out, places) == _pixels(self._real, places):
            raise ValueError(
                "The held-out images are the real ones themselves: held_out takes images that "
                "the model was not trained on."
            )
        return self._held_out

    def _floor(self, measure, real):
        """The measure between two sets of real images, and the number of images in each."""
        if measure.name == "fd":
            return self._distance_of_real(real)
        if measure.floor is None:
            return None, 0
        key = f"floor of {measure.name}"
        if key not in self._samples:
            self._samples[key] = measure.floor(real)
        return self._samples[key]

    def _distance_of_real(self, real):
        """Fréchet distance between two sets of real images, of this size if there are enough."""
        if "floor" not in self._samples:
            count = real.count
            if self._real.num_images >= 2 * count:
                other = chosen(self._real, count, self.seed, skip=count)
                pair = real, self._cached("floor", self._real, other, {"statistics"})
            elif self._held_out is not None and self._held_out.num_images >= count:
                held_out = self._held_out_images()
                other = chosen(held_out, count, self.seed)
                pair = real, self._cached("floor", held_out, other, {"statistics"})
                _check_held_out(pair[1], real)
            else:
                halves = chosen(self._real, count, self.seed)
                count //= 2
                if count < 2:
                    # Of one image there is no covariance.
                    self._samples["floor"] = None, 0
                    return self._samples["floor"]
                pair = [
                    self._cached(f"half{index}", self._real, places, {"statistics"})
                    for index, places in enumerate((halves[:count], halves[count : 2 * count]))
                ]
            floor = frechet_distance(*(sample.statistics for sample in pair))
            self._samples["floor"] = floor, count
        return self._samples["floor"]

    def _real_sha256(self):
        if self._data_sha256 is None:
            self._data_sha256 = self._real.sha256()
        return self._data_sha256

    def _cached(self, role, source, places, needs):
        if self.cache is None:
            return self._gather(source, places, needs)
        key = {
            "data": source.sha256(),
            "extractor": self.extractor.sha256,
            "resize": self.extractor.resize,
            # The same weights at another size, or after another scaling, give other features.
            "input": self.extractor.input,
            "data_resize": source.resize,
            "places": hashlib.sha256(np.asarray(places, "int64").tobytes()).hexdigest(),
            # The hash of the data does not tell how they were cut and scaled.
            "pixels": _pixels(source, places),
            "needs": sorted(needs),
        }
        if self.extractor.architecture:
            key["architecture"] = self.extractor.architecture
        digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
        path = Path(self.cache) / f"{role}_{digest[:32]}.npz"
        if path.is_file():
            with np.load(path, allow_pickle=False) as arrays:
                return Sample.from_arrays(dict(arrays))
        sample = self._gather(source, places, needs)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Other processes may be at the same file.
        temporary = path.with_name(f"{path.stem}.{os.getpid()}.tmp")
        try:
            with open(temporary, "wb") as file:
                np.savez(file, **sample.arrays())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        return sample


def _check_held_out(held_out, real):
    if held_out.image_shape != real.image_shape:
        raise ValueError(
            f"Held-out images have the shape {held_out.image_shape}, real ones {real.image_shape}: "
            "that difference alone would be measured. Bring them to one size and number of "
            "channels, image_size= and color_mode= of keras_san.data."
        )


def _pixels(source, places):
    images, _ = source.read(places[:4])
    return f"{images.shape[1:]} {hashlib.sha256(images.tobytes()).hexdigest()}"


def evaluate(fake, real, **options):
    """Measures generated images against real ones.

    Use it once a model is trained; every result carries its protocol, and a Fréchet distance the
    floor that two sets of real images have between them.

    Args:
        fake: `keras_san.SANModel`, dataset of `keras_san.data`, uint8 array, or a pair of an array
            and labels.
        real: the same, but no model.
        **options: `measures`, `count`, `extractor`, `held_out`, `split`, `seed`, `batch_size` and
            `cache` of `keras_san.metrics.Evaluation`.

    Returns:
        list of `Result`.

    Raises:
        ValueError: if images, measures or extractor do not fit together.

    Example:

    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 1), width=4)
    sample = keras_san.data.sample(image_size=32)
    for result in keras_san.metrics.evaluate(
        model, sample, measures=("fd", "kid"), count=200, extractor="fashionmnistclassifier"
    ):
        print(result.name, result.estimate, result.floor)
    ```
    """
    return Evaluation(real, **options).of(fake)
