"""Whether a discriminator can choose among images."""

from keras import ops

# The name of the discriminator of a model that was converted without one.
PLACEHOLDER = "placeholder"


def check_judge(model, slope=1.0):
    """Raises a `ValueError` unless the discriminator was trained and its scores mean "real"."""
    if model.discriminator.name == PLACEHOLDER:
        raise ValueError(
            "This model has no trained discriminator to judge images: its generator was converted "
            "alone. Convert it with its discriminator (keras-san convert --discriminator), or draw "
            "without one."
        )
    is_trained = model.discriminator_is_loaded or int(ops.convert_to_numpy(model.images_seen)) > 0
    if not is_trained:
        raise ValueError(
            "The discriminator of this model was not loaded: its weights are random. Load it with "
            "SANModel.from_preset(..., load_discriminator=True), if the preset has one."
        )
    if not slope >= 0.0:
        raise ValueError(
            f"A logit must grow with the score. Received: slope={slope:.4g}, by which real images "
            "score below generated ones. Are the images of the calibration those that the model "
            "was trained on, in size, range and crop?"
        )
