"""Whether images, real ones and a classifier mean the same classes."""

from absl import logging

from keras_san.presets.class_names import plain


def check_classes(generated, real, extractor):
    """Refuses, for class fidelity, a classifier of other classes than the generated images'.

    Args:
        generated: source of `keras_san.metrics.image_source`.
        real: the same; another order of the classes there is warned of.
        extractor: `Extractor`.

    Raises:
        ValueError: if the classes of the generated images are others, or in another order.
    """
    _check_count(generated, extractor)
    expected = extractor.class_names
    for source in (generated, real):
        found = source.class_names
        if not _reordered(found, expected):
            continue
        text = (
            f"The labels number the classes {', '.join(found)}; {extractor.name} numbers "
            f"them {', '.join(expected)}."
        )
        if source is generated:
            raise ValueError(f"{text} Give them in that order, labels= of keras_san.data.arrays.")
        logging.warning("%s The fidelity of a model trained on such labels is wrong.", text)


def _check_count(generated, extractor):
    known, count = extractor.num_classes, generated.num_classes
    if not known or not generated.labelled:
        # Refused with their own words where they are gathered.
        return
    found = f"{count} classes"
    if count is None:
        count = int(generated.labels.max()) + 1
        found = f"labels up to {count - 1}"
        if count < known:
            logging.warning(
                "fidelity: the images have %s, %s has %d classes. Are they the same classes?",
                found,
                extractor.name,
                known,
            )
            return
    if count != known:
        raise ValueError(
            f"fidelity needs a classifier of the generated images' classes: they have {found}, "
            f"{extractor.name} has {known} classes. Choose another --extractor."
        )


def _reordered(names, others):
    """Whether both are the same names in another order."""
    found, expected = (list(map(plain, listed)) for listed in (names, others))
    return found != expected and sorted(found) == sorted(expected)
