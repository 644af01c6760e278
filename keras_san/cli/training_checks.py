"""What options of `keras-san train` cannot be, said before anything is built."""

from keras_san import backend
from keras_san.cli.training_options import DEFAULTS
from keras_san.losses.registry import aliases as loss_aliases
from keras_san.losses.registry import names as loss_names
from keras_san.metrics.measures import get_measures
from keras_san.models import architectures


def check_options(options):
    """Raises a `ValueError` if an option of `keras-san train` has a value that cannot be."""
    if options["measures"] not in ("auto", "none"):
        for measure in get_measures(options["measures"]):
            if "held_out" in measure.needs:
                raise ValueError(
                    f"--measures {measure.name}: it compares with images that were not trained on, "
                    "which train does not take. Measure the run afterwards: keras-san evaluate "
                    "--preset RUN --held-out PATH."
                )
            if "labels" in measure.needs and not options["conditional"]:
                raise ValueError(
                    f"--measures {measure.name}: it goes by the classes, and this model has none. "
                    "Add --conditional, or choose another measure."
                )
    for option, missing, has_effect in (
        ("top_k_images", "--top-k", options["top_k"] is not None),
        ("direction_weight", "a SAN --head", not options["head"].startswith("dense")),
    ):
        if options[option] != DEFAULTS[option] and not has_effect:
            words = f"--{option.replace('_', '-')} {options[option]}"
            raise ValueError(f"{words}: it has no effect without {missing}.")
    for option in ("penalty", "augment"):
        names = options[option] or []
        if "none" in names and len(names) > 1:
            raise ValueError(
                f"--{option} none stands alone. Received: {', '.join(names)}. Leave it out: what "
                "is given takes the place of the architecture's own."
            )
    known = architectures()
    if options["model"] not in known:
        raise ValueError(
            f"--model {options['model']}: unknown architecture; expected one of "
            f"{', '.join(sorted(known))}."
        )
    resolutions = known[options["model"]].resolutions
    if options["resolution"] not in resolutions:
        raise ValueError(
            f"--resolution {options['resolution']}: {options['model']} is built for "
            f"{', '.join(map(str, resolutions))}."
        )
    if options["conditioning"] is not None and not options["conditional"]:
        raise ValueError(
            f"--conditioning {options['conditioning']} is how the discriminator sees labels, and "
            "this model has none. Add --conditional."
        )
    if options["classes_alike"] and not options["conditional"]:
        raise ValueError(
            "--classes-alike is how classes begin, and this model has none. Add --conditional."
        )
    if options["loss"] not in ("auto", *loss_names(), *loss_aliases()):
        raise ValueError(
            f"--loss {options['loss']}: unknown objective; expected one of "
            f"{', '.join(loss_names())}."
        )


def check_limit(options):
    """Raises a `ValueError` if several processes would stop at different steps."""
    processes = backend.process_count()
    if processes > 1 and options["minutes"] is not None:
        raise ValueError(
            f"--minutes {options['minutes']:g}: {processes} processes train together, and their "
            "clocks would stop them at different steps. Give --images."
        )
