"""The same latents in every class."""

import numpy as np

from keras_san.sampling.class_labels import class_labels
from keras_san.sampling.latents import latents


def class_sheet(model, seeds, classes=None, truncation=1.0, **options):
    """Images of seeds in classes: a row a seed, a column a class.

    Use it to see what a class-conditional generator keeps of a latent vector (pose, light, stroke)
    as the class changes, and which classes are poor.

    Args:
        model: `keras_san.SANModel` with classes.
        seeds: sequence of integers.
        classes: sequence of integers, or None for all. Defaults to `None`.
        truncation: float in `(0, 1]`, see `keras_san.sampling.latents`. Defaults to `1.0`.
        **options: `batch_size` of `SANModel.generate_from_latents`.

    Returns:
        Array `(seeds, classes, height, width, channels)` of uint8, as
        `keras_san.data.image_grid` takes it.

    Raises:
        ValueError: if the model has no classes, a class is unknown, or there is nothing to show.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), num_classes=3, width=2)
    sheet = keras_san.sampling.class_sheet(model, seeds=range(2))
    assert sheet.shape == (2, 3, 32, 32, 3)
    ```

    Reference: Miyato and Koyama, "cGANs with Projection Discriminator", ICLR 2018, figure 6, for
    sheets of this kind.
    """
    if not model.num_classes:
        raise ValueError("This model has no classes to sweep over: it is unconditional.")
    seeds = list(seeds)
    classes = list(range(model.num_classes) if classes is None else classes)
    if not seeds or not classes:
        raise ValueError(f"Nothing to show. Received: seeds={seeds}, classes={classes}")
    labels = class_labels(classes, classes, model.num_classes)
    vectors = np.repeat(latents(seeds, model.latent_dim, truncation), len(classes), axis=0)
    labels = np.tile(labels, len(seeds))
    images = model.generate_from_latents(vectors, labels, truncation=truncation, **options)
    return images.reshape(len(seeds), len(classes), *images.shape[1:])
