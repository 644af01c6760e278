"""Measures by name: what each needs of the images, and what it computes."""

import dataclasses
from collections.abc import Callable

from keras_san.metrics.authenticity import authenticity
from keras_san.metrics.class_fidelity import class_fidelity
from keras_san.metrics.density_coverage import density_coverage
from keras_san.metrics.frechet_distance import frechet_distance
from keras_san.metrics.inception_style_score import inception_style_score
from keras_san.metrics.intra_class_frechet_distance import intra_class_frechet_distance
from keras_san.metrics.kernel_distance import kernel_distance
from keras_san.metrics.memorisation import memorisation
from keras_san.metrics.ms_ssim import ms_ssim_diversity
from keras_san.metrics.perceptual_path_length import FeatureMapDistance, perceptual_path_length
from keras_san.metrics.precision_recall import precision_recall

# "classes" are the labels where the images have some, "train" all real images, whatever the count.
NEEDS = ("statistics", "features", "probabilities", "labels", "classes", "images", "model")
NEEDS += ("train", "held_out")

# Of the path length; more tell little.
PATHS = 1000


@dataclasses.dataclass(frozen=True)
class Measure:
    """A measure as the command line and callbacks know it.

    Args:
        name: string, as users type it.
        compute: function of the real and the generated `Sample` that returns a dictionary of
            `Estimate` by name.
        values: tuple of strings, the names that `compute` gives.
        needs: tuple of what a sample must hold: `"statistics"`, `"features"`, `"probabilities"`,
            `"labels"`, `"classes"` (labels where there are some), `"images"`, `"model"`,
            `"train"`, `"held_out"`.
        lower_is_better: bool. Defaults to `True`.
        real: bool, whether real images are looked at. Defaults to `True`.

    Example:

    ```python
    import keras_san

    assert keras_san.metrics.measures()["kid"].lower_is_better
    ```
    """

    name: str
    compute: Callable
    values: tuple[str, ...]
    needs: tuple[str, ...]
    lower_is_better: bool = True
    real: bool = True
    # What real images have among themselves: function of the real sample to an estimate, and the
    # number of images on each side. That of the Fréchet distance wants more than a sample.
    floor: Callable | None = None
    # Where they are not those of the evaluation.
    extractor: str = ""
    most: int = 0


def _intra_class(real, fake):
    return {
        "ifd": intra_class_frechet_distance(real.features, real.labels, fake.features, fake.labels)
    }


def _path_length(real, fake):
    from keras_san.features.efficientnet_lite0 import efficientnet_lite0_maps

    distance = FeatureMapDistance(efficientnet_lite0_maps(fake.model.image_shape))
    count = min(PATHS, fake.count)
    return {"ppl": perceptual_path_length(fake.model, distance, count, seed=fake.seed)}


def _memorisation(real, fake):
    return {"memorisation": memorisation(real.train, real.held_out, fake.features)}


def _authenticity(real, fake):
    return {"authenticity": authenticity(real.train, fake.features)}


def _authenticity_of_real(real):
    one, other = real.train[::2], real.train[1::2]
    if len(other) < 2:
        return None, 0
    return authenticity(one, other), len(other)


def _prdc(real, fake):
    scores = precision_recall(real.features, fake.features)
    return scores | density_coverage(real.features, fake.features)


_MEASURES = {
    measure.name: measure
    for measure in (
        Measure(
            "fd",
            lambda real, fake: {"fd": frechet_distance(real.statistics, fake.statistics)},
            values=("fd",),
            needs=("statistics",),
        ),
        Measure(
            "kid",
            lambda real, fake: {"kid": kernel_distance(real.features, fake.features)},
            values=("kid",),
            needs=("features",),
        ),
        Measure(
            "prdc",
            _prdc,
            values=("precision", "recall", "density", "coverage"),
            needs=("features",),
            lower_is_better=False,
        ),
        Measure(
            "iss",
            lambda real, fake: {"iss": inception_style_score(fake.probabilities)},
            values=("iss",),
            needs=("probabilities",),
            lower_is_better=False,
            real=False,
        ),
        Measure("ifd", _intra_class, values=("ifd",), needs=("features", "labels")),
        Measure(
            "fidelity",
            lambda real, fake: {"fidelity": class_fidelity(fake.probabilities, fake.labels)},
            values=("fidelity",),
            needs=("probabilities", "labels"),
            lower_is_better=False,
            real=False,
        ),
        Measure(
            "msssim",
            lambda real, fake: {"msssim": ms_ssim_diversity(fake.images, fake.labels)},
            values=("msssim",),
            needs=("images", "classes"),
            real=False,
        ),
        Measure(
            "ppl",
            _path_length,
            values=("ppl",),
            needs=("model",),
            real=False,
            extractor="effnetlite0maps",
            most=PATHS,
        ),
        Measure(
            "memorisation",
            _memorisation,
            values=("memorisation",),
            needs=("features", "train", "held_out"),
        ),
        Measure(
            "authenticity",
            _authenticity,
            values=("authenticity",),
            needs=("features", "train"),
            lower_is_better=False,
            floor=_authenticity_of_real,
        ),
    )
}


def measures():
    """All measures, a dictionary from the name that users type to `Measure`.

    Example:

    ```python
    import keras_san

    print(", ".join(keras_san.metrics.measures()))
    ```
    """
    return dict(_MEASURES)


def get_measures(names):
    """`Measure` objects of names or of one string with commas; unknown names are refused."""
    names = names.split(",") if isinstance(names, str) else list(names)
    unknown = [name for name in names if name not in _MEASURES]
    if unknown or not names:
        raise ValueError(
            f"Unknown measure: {', '.join(map(repr, unknown)) or 'none given'}. Expected some of "
            f"{', '.join(_MEASURES)}."
        )
    return [_MEASURES[name] for name in dict.fromkeys(names)]
