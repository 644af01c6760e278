"""Training and evaluation of one batch, looked at like what `fit` is given."""

from keras_san.models import inputs as model_inputs


class SingleBatches:
    """The part of `keras_san.SANModel` that takes a batch of arrays at a time."""

    def train_on_batch(self, x, y=None, **kwargs):
        """One step on one batch, as `keras.Model.train_on_batch`.

        Args:
            x: array of images, uint8 or float in [-1, 1].
            y: labels `(count,)` of a conditional model.
            **kwargs: the further arguments of `keras.Model.train_on_batch`.

        Raises:
            ValueError: if the images have another shape or range than the model's, or labels are
                missing or out of range.

        Example:
        ```python
        import numpy as np
        import keras_san

        model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
        model.compile()
        model.train_on_batch(np.zeros((8, 32, 32, 3), "uint8"), return_dict=True)
        ```
        """
        return super().train_on_batch(*self._checked(x, y), **kwargs)

    def test_on_batch(self, x, y=None, **kwargs):
        """Both players' losses on one batch, as `keras.Model.test_on_batch`.

        Args:
            x: array of images, uint8 or float in [-1, 1].
            y: labels `(count,)` of a conditional model.
            **kwargs: the further arguments of `keras.Model.test_on_batch`.

        Raises:
            ValueError: as `train_on_batch`.

        Example:
        ```python
        import numpy as np
        import keras_san

        model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
        model.compile()
        model.test_on_batch(np.zeros((8, 32, 32, 3), "uint8"), return_dict=True)
        ```
        """
        return super().test_on_batch(*self._checked(x, y), **kwargs)

    def _checked(self, x, y):
        return model_inputs.checked(x, y, self.image_shape, self.num_classes)
