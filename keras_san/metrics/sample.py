"""What one pass of an extractor over images leaves for the measures."""

import dataclasses
import typing

import numpy as np

from keras_san.metrics.feature_statistics import FeatureStatistics


@dataclasses.dataclass
class Sample:
    """Features and what else the measures need of a set of images; what none needs is None."""

    count: int
    image_shape: tuple[int, ...] = ()
    statistics: FeatureStatistics | None = None
    features: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    labels: np.ndarray | None = None
    images: np.ndarray | None = None
    # Features of all training images, and of all that are held out.
    train: np.ndarray | None = None
    held_out: np.ndarray | None = None
    model: typing.Any = None
    seed: int = 0

    def arrays(self):
        """Its arrays, for `numpy.savez`."""
        kept = {"count": self.count, "image_shape": self.image_shape, "seed": self.seed}
        for name in ("features", "probabilities", "labels"):
            if getattr(self, name) is not None:
                kept[name] = getattr(self, name)
        if self.statistics is not None:
            kept |= {f"statistics_{key}": a for key, a in self.statistics.arrays().items()}
        return {name: np.asarray(value) for name, value in kept.items()}

    @classmethod
    def from_arrays(cls, arrays):
        """A sample back from `arrays()`."""
        statistics = {
            name.removeprefix("statistics_"): array
            for name, array in arrays.items()
            if name.startswith("statistics_")
        }
        return cls(
            int(arrays["count"]),
            tuple(int(size) for size in arrays["image_shape"]),
            FeatureStatistics.from_arrays(statistics) if statistics else None,
            *(arrays.get(name) for name in ("features", "probabilities", "labels")),
            seed=int(arrays["seed"]),
        )


def gather(source, places, extractor, needs, batch_size=64, seed=0, what="images"):
    """Passes images of a source through an extractor and keeps what is needed.

    Args:
        source: of `keras_san.metrics.image_source`.
        places: integer array, the images to read.
        extractor: `Extractor`.
        needs: set of names of `Sample`'s attributes.
        batch_size: int.
        seed: int, of `places`, kept for the measures.
        what: string, the images in a message.

    Returns:
        `Sample`. Memory grows with the number of images only by what is needed of them.
    """
    if "labels" in needs and not source.labelled:
        raise ValueError(
            f"A measure by class needs labels, but the {what} have none. Give a conditional "
            "model, a labelled data set, or (images, labels)."
        )
    if "probabilities" in needs and not extractor.num_classes:
        extractor.probabilities(np.zeros((1, *extractor.input_shape), "uint8"))
    if "model" in needs and source.model is None:
        raise ValueError("Path length needs a model to draw from, not images.")
    if "classes" in needs and source.labelled:
        needs = needs | {"labels"}
    batch_size = min(batch_size, len(places))
    passes = needs & {"statistics", "features", "probabilities"}
    kept = {name: [] for name in ("features", "probabilities", "labels", "images")}
    statistics = FeatureStatistics(extractor.dimension) if "statistics" in needs else None
    shape = ()
    for start in range(0, len(places), batch_size):
        images, labels = source.read(places[start : start + batch_size])
        shape = tuple(images.shape[1:])
        features, probabilities = None, None
        if passes:
            features, probabilities = _padded(extractor, images, batch_size)
        if statistics is not None:
            statistics.update(features)
        found = dict(features=features, probabilities=probabilities, labels=labels, images=images)
        for name, parts in kept.items():
            if name in needs:
                parts.append(found[name])
    joined = {name: np.concatenate(parts) for name, parts in kept.items() if parts}
    return Sample(len(places), shape, statistics, model=source.model, seed=seed, **joined)


def _padded(extractor, images, batch_size):
    """Outputs of a batch that may be short: one shape is compiled, the fill is dropped."""
    count = len(images)
    if count < batch_size:
        images = np.concatenate([images, np.repeat(images[-1:], batch_size - count, 0)])
    features, probabilities = extractor.outputs(images, batch_size)
    return features[:count], None if probabilities is None else probabilities[:count]
