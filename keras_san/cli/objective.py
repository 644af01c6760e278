"""What the options of `keras-san train` say of the objective, as a compiled model."""

import keras
from absl import logging

from keras_san.models import TrainingScheme, freeze_discriminator_layers
from keras_san.presets import load_preset
from keras_san.presets.classes import with_classes


def compile_model(model, options):
    """Gives a new model its first weights, and compiles it, as the options say.

    Args:
        model: `keras_san.SANModel`.
        options: dict of the options of `keras-san train`, complete.

    Raises:
        ValueError: if an option has a value that cannot be, or options do not fit.
    """
    if options["initial_preset"] is not None:
        _take_weights(model, options["initial_preset"])
    if options["freeze_layers"] is not None:
        freeze_discriminator_layers(model, options["freeze_layers"])
    penalties, augment = options["penalty"], options["augment"]
    model.compile(
        loss=options["loss"],
        generator_optimizer=_optimizer(model.recipe.generator_optimizer(), "generator", options),
        discriminator_optimizer=_optimizer(
            model.recipe.discriminator_optimizer(), "discriminator", options
        ),
        penalties="auto" if penalties is None else [p for p in penalties if p != "none"],
        augment="auto" if augment is None else [name for name in augment if name != "none"],
        scheme=_scheme(model, options),
    )


def _scheme(model, options):
    names = ("top_k", "top_k_images", "accumulation", "generator_batch_size", "weight_clip")
    names += ("label_smoothing", "label_flipping")
    given = {name: options[name] for name in names if options[name] is not None}
    if options["decay_to_zero"]:
        images_per_step = options["batch_size"] * model.discriminator_steps
        given["decay_steps"] = -(-options["images"] // images_per_step)
    if options["warm_up_images"] is not None:
        given["warm_up_steps"] = -(-options["warm_up_images"] // options["batch_size"])
    return TrainingScheme(**given)


def _optimizer(default, player, options):
    optimizer = default
    if options["optimizer"] is not None:
        optimizer = keras.optimizers.get(options["optimizer"])
    config = optimizer.get_config()
    rate = options[f"{player}_learning_rate"]
    config["learning_rate"] = default.get_config()["learning_rate"] if rate is None else rate
    if options["betas"] is not None:
        if "beta_1" not in config:
            raise ValueError(
                f"--betas: {options['optimizer']} has none; expected an optimizer such as adam."
            )
        if not all(0.0 <= beta < 1.0 for beta in options["betas"]):
            given = " ".join(map(str, options["betas"]))
            raise ValueError(f"--betas {given}: expected two numbers of at least 0 and below 1.")
        config["beta_1"], config["beta_2"] = options["betas"]
    if options["clip_norm"] is not None:
        config["global_clipnorm"] = options["clip_norm"]
    return type(optimizer).from_config(config)


def _take_weights(model, preset):
    start = load_preset(preset)
    if model.num_classes and start.num_classes not in (0, model.num_classes):
        logging.info(
            "%s has %d classes, the data %d: each begins as the mean of the preset's.",
            preset,
            start.num_classes,
            model.num_classes,
        )
        start = with_classes(start, model.num_classes)
    for name in ("generator", "discriminator", "generator_ema"):
        own, given = getattr(model, name), getattr(start, name)
        shapes = [[tuple(w.shape) for w in network.weights] for network in (own, given)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"--initial-preset {preset}: its {name} is not of this architecture, size, width, "
                "head and kind, conditional or not. Give the options that it was trained with."
            )
        _check_arguments(preset, own, given)
        own.set_weights(given.get_weights())


def _check_arguments(preset, own, given):
    """Arguments that change no shape: with another one the weights draw other images."""
    if type(own) is not type(given):
        return
    found, expected = own.get_config(), given.get_config()
    # The fixed weights that a seed drew are taken over with the others.
    names = found.keys() & expected.keys() - {"name", "seed", "projection_seed"}
    other = sorted(name for name in names if found[name] != expected[name])
    if other:
        stated = ", ".join(f"{name}={expected[name]!r}" for name in other)
        raise ValueError(
            f"--initial-preset {preset}: its {type(given).__name__} has {stated}, which no option "
            "gives. Train on from it in Python: SANModel.from_preset."
        )
