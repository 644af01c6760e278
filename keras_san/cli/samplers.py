"""The ways of `keras-san generate` to draw images of seeds: options, and a function each."""

from pathlib import Path

from keras_san.cli.numbers_above_zero import positive_int

CALIBRATION_IMAGES = 1000
# Option: the samplers that it is for, and what it is if it is not given.
_OPTIONS = {
    "calibrate": (("drs", "ddls"), None),
    "percentile": (("drs",), 80.0),
    "burn_in": (("drs",), 10_000),
    "steps": (("ddls",), 100),
    "step_size": (("ddls",), 0.01),
}
_OF_CALIBRATION = {"split": "train", "resize": "crop"}


def configure(parser):
    """Adds the options of the samplers."""
    group = parser.add_argument_group("samplers")
    group.add_argument(
        "--sampler",
        choices=list(SAMPLERS),
        default="plain",
        help="plain (default); drs: discriminator rejection sampling, which draws from the first "
        "of --seeds on until it has kept as many; ddls: discriminator-driven latent sampling",
    )
    group.add_argument(
        "--calibrate",
        metavar="PATH|NAME",
        help="real images to turn scores into logits with, which hinge, least-squares and "
        "Wasserstein scores need for drs and ddls (default: scores as they are)",
    )
    group.add_argument("--split", metavar="NAME", help="of --calibrate: train (default) or test")
    group.add_argument("--resize", choices=["crop", "pad"], help="of --calibrate (default crop)")
    group.add_argument(
        "--percentile",
        type=float,
        metavar="NUMBER",
        help="drs: 0 to 100, the higher the fewer images are kept (default 80)",
    )
    group.add_argument(
        "--burn-in",
        type=positive_int,
        metavar="N",
        help="drs: images drawn beforehand (default 10000)",
    )
    group.add_argument("--steps", type=positive_int, metavar="N", help="ddls: steps (default 100)")
    group.add_argument(
        "--step-size",
        type=float,
        metavar="NUMBER",
        help="ddls: size of a step (default 0.01)",
    )


def check(arguments, seeds):
    """Raises a `ValueError` if options contradict each other; gives the others their defaults."""
    for name, (known, default) in _OPTIONS.items():
        _check_place(
            arguments, name, default, arguments.sampler in known, f"--sampler {' or '.join(known)}"
        )
    for name, default in _OF_CALIBRATION.items():
        _check_place(arguments, name, default, arguments.calibrate is not None, "--calibrate")
    if arguments.sampler == "drs" and seeds != list(range(seeds[0], seeds[0] + len(seeds))):
        raise ValueError(
            f"--seeds {arguments.seeds}: --sampler drs tries seed after seed, so it needs one "
            "range, such as 0-15."
        )
    if arguments.sampler == "ddls" and arguments.truncation != 1.0:
        raise ValueError("--truncation does not go with --sampler ddls, which moves the latents.")


def _check_place(arguments, name, default, fits, place):
    if getattr(arguments, name) is None:
        setattr(arguments, name, default)
    elif not fits:
        raise ValueError(f"--{name.replace('_', '-')} is for {place}.")


def draw(model, arguments, seeds, classes):
    """Images, and the seeds that they come from; classes, if any, are given to seeds in turn."""
    return SAMPLERS[arguments.sampler](model, arguments, seeds, classes)


def _in_turn(classes, seeds):
    if classes is None:
        return None
    return [classes[index % len(classes)] for index in range(len(seeds))]


def _plain(model, arguments, seeds, classes):
    options = {"truncation": arguments.truncation, "batch_size": arguments.batch_size}
    return model.generate(seeds=seeds, labels=_in_turn(classes, seeds), **options), seeds


def _rejection(model, arguments, seeds, classes):
    from keras_san.sampling import RejectionSampler

    sampler = RejectionSampler(
        model,
        percentile=arguments.percentile,
        burn_in=arguments.burn_in,
        calibration=_calibration(model, arguments),
        truncation=arguments.truncation,
        batch_size=arguments.batch_size,
    )
    samples = sampler.sample(len(seeds), seed=seeds[0], labels=classes)
    print(f"kept {samples.acceptance_rate:.1%} of the images drawn")
    return samples.images, [int(seed) for seed in samples.seeds]


def _langevin(model, arguments, seeds, classes):
    from keras_san.sampling import langevin_latents, random_labels

    calibration = _calibration(model, arguments)
    labels = _in_turn(classes, seeds)
    if model.num_classes and labels is None:
        labels = random_labels(seeds, model.num_classes)
    vectors = langevin_latents(
        model,
        seeds,
        labels,
        steps=arguments.steps,
        step_size=arguments.step_size,
        slope=1.0 if calibration is None else calibration.slope,
        batch_size=arguments.batch_size,
    )
    return model.generate_from_latents(vectors, labels, arguments.batch_size), seeds


SAMPLERS = {"plain": _plain, "drs": _rejection, "ddls": _langevin}


def _calibration(model, arguments):
    if arguments.calibrate is None:
        return None
    from keras_san.data.load import NAMES, load
    from keras_san.sampling import calibrate_scores

    height, _, channels = model.image_shape
    labels = "none"
    if model.num_classes:
        is_folder = arguments.calibrate not in NAMES and Path(arguments.calibrate).is_dir()
        labels = "folder" if is_folder else "auto"
    dataset = load(
        arguments.calibrate,
        image_size=height,
        batch_size=CALIBRATION_IMAGES,
        labels=labels,
        split=arguments.split,
        resize=arguments.resize,
        color_mode={1: "grayscale", 3: "rgb", 4: "rgba"}[channels],
        drop_remainder=False,
    )
    if dataset.num_classes != model.num_classes:
        raise ValueError(
            f"--calibrate {arguments.calibrate}: the model has {model.num_classes} classes, these "
            f"images {dataset.num_classes}. Expected a folder with a sub-folder for each class, "
            "their names in the order of the classes, or other data with their labels."
        )
    batch = dataset[0]
    images, labels = batch if isinstance(batch, tuple) else (batch, None)
    return calibrate_scores(model, images, labels, batch_size=arguments.batch_size)
