"""A number and how well it is known."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Estimate:
    """What a measure computes from features: a value, and its standard error where it has one.

    Args:
        value: float.
        standard_error: float or `None`. Defaults to `None`.

    Example:

    ```python
    import keras_san

    print(keras_san.metrics.Estimate(0.0123, standard_error=0.0004))
    ```
    """

    value: float
    standard_error: float | None = None

    def __float__(self):
        return float(self.value)

    def __str__(self):
        if self.standard_error is None:
            return f"{self.value:.5g}"
        return f"{self.value:.5g} ± {self.standard_error:.2g}"
