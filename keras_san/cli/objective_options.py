"""The options of `keras-san train` that say what is minimised and how. Imports no backend."""

from keras_san.cli.numbers_above_zero import positive_float, positive_int

OBJECTIVE_DEFAULTS = {
    "loss": "auto",
    "penalty": None,
    "augment": None,
    "direction_weight": 1.0,
    "optimizer": None,
    "betas": None,
    "clip_norm": None,
    "decay_to_zero": False,
    "warm_up_images": None,
    "top_k": None,
    "top_k_images": None,
    "accumulation": None,
    "generator_batch_size": None,
    "weight_clip": None,
    "label_smoothing": None,
    "label_flipping": None,
    "initial_preset": None,
    "freeze_layers": None,
}

# Published trainings by name: options that are given where the user gives none. Wasserstein GAN,
# ICML 2017, algorithm 1; Improved Training of Wasserstein GANs, NeurIPS 2017, algorithm 1; BEGAN,
# 2017, section 4.1; The GAN is dead, NeurIPS 2024, equations 2 and 9, with a weight of our choice.
RECIPES = {
    "wgan": {
        "loss": "wasserstein",
        "head": "dense",
        "weight_clip": 0.01,
        "optimizer": "rmsprop",
        "generator_learning_rate": 5e-5,
        "discriminator_learning_rate": 5e-5,
        "discriminator_steps": 5,
        "batch_size": 64,
    },
    "wgan_gp": {
        "loss": "wasserstein",
        "head": "dense",
        "penalty": ["gradient_penalty:10"],
        "generator_learning_rate": 1e-4,
        "discriminator_learning_rate": 1e-4,
        "betas": [0.0, 0.9],
        "discriminator_steps": 5,
        "batch_size": 64,
    },
    "began": {
        "loss": "began",
        "head": "auto_encoder",
        "generator_learning_rate": 1e-4,
        "discriminator_learning_rate": 1e-4,
        "batch_size": 16,
    },
    "r3gan": {"loss": "relativistic", "head": "dense", "penalty": ["r1:0.05", "r2:0.05"]},
}


def add_objective_options(training):
    """Adds the options to an argparse group."""
    training.add_argument(
        "--recipe",
        choices=sorted(RECIPES),
        help="the options of a published training, where others are not given",
    )
    training.add_argument(
        "--loss", metavar="NAME", help="hinge, saturating, non_saturating ... (default: its own)"
    )
    training.add_argument(
        "--penalty",
        action="append",
        metavar="NAME[:WEIGHT[:INTERVAL]]",
        help="such as r1:10:16, may be given again; none for none (default: the architecture's)",
    )
    training.add_argument(
        "--augment",
        action="append",
        metavar="NAME",
        help="of all that the discriminator sees, such as ada, diff_augment or blur:2:50000; may "
        "be given again; none for none (default: the architecture's)",
    )
    training.add_argument(
        "--direction-weight", type=positive_float, metavar="X", help="lambda of SAN (default 1)"
    )
    training.add_argument(
        "--optimizer", metavar="NAME", help="of Keras, such as rmsprop (default: its own, Adam)"
    )
    training.add_argument("--betas", type=float, nargs=2, metavar="X", help="of Adam")
    training.add_argument(
        "--clip-norm", type=positive_float, metavar="X", help="greatest norm of a player's gradient"
    )
    training.add_argument(
        "--decay-to-zero",
        action="store_true",
        default=None,
        help="let both learning rates fall linearly to zero over --images",
    )
    training.add_argument(
        "--warm-up-images",
        type=positive_int,
        metavar="N",
        help="images in which the discriminator's learning rate rises from zero; such as 100000 "
        "where its scores run away at the start",
    )
    training.add_argument(
        "--top-k", type=positive_float, metavar="X", help="the generator learns from this share"
    )
    training.add_argument(
        "--top-k-images",
        type=positive_int,
        metavar="N",
        help="images until the share is that small",
    )
    training.add_argument(
        "--accumulation", type=positive_int, metavar="N", help="parts of a batch, taken one by one"
    )
    training.add_argument(
        "--generator-batch-size", type=positive_int, metavar="N", help="default: --batch-size"
    )
    training.add_argument(
        "--weight-clip",
        type=positive_float,
        metavar="X",
        help="limit of the discriminator's weights",
    )
    for noise in ("smoothing", "flipping"):
        training.add_argument(
            f"--label-{noise}", type=positive_float, metavar="X", help="share, below 0.5"
        )
    training.add_argument(
        "--initial-preset", metavar="PRESET", help="begin with its weights (fine-tuning)"
    )
    training.add_argument(
        "--freeze-layers",
        type=positive_int,
        metavar="N",
        help="hold the discriminator's first N layers",
    )
