"""The constraint that clips weights."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_san")
class WeightClip(keras.constraints.Constraint):
    """Keeps every value of a weight within a box after each optimizer step.

    How the first WGAN held its critic Lipschitz; a gradient penalty does it better.
    `keras_san.models.TrainingScheme(weight_clip=0.01)` puts it on a whole discriminator.

    Args:
        limit: float, the greatest magnitude. Defaults to `0.01`.

    Raises:
        ValueError: if the limit is not positive.

    Example:
    ```python
    import numpy as np
    from keras_san.layers import WeightClip

    WeightClip(0.5)(np.array([-1.0, 0.2, 3.0]))  # [-0.5, 0.2, 0.5]
    ```

    Reference: Arjovsky et al., "Wasserstein GAN", ICML 2017, algorithm 1.
    """

    def __init__(self, limit=0.01):
        if not limit > 0:
            raise ValueError(f"`limit` must be positive. Received: limit={limit!r}")
        self.limit = limit

    def __call__(self, w):
        """Returns `clip(w, -limit, limit)`."""
        return ops.clip(w, -self.limit, self.limit)

    def get_config(self):
        """The arguments of the constructor."""
        return {"limit": self.limit}
