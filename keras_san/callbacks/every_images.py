"""The base of callbacks that act once every so many images."""

import keras


def images_seen(model):
    """Returns the number of real images `model` was trained on, as a Python int.

    Args:
        model: a `keras_san.SANModel` (anything with an `images_seen` variable). On JAX the
            model must be in sync, as it is outside `fit` and through `callback.model`.

    Returns:
        int, the count of images.

    Raises:
        ValueError: if the model keeps no such count.

    Example:

    ```python
    import keras_san
    from keras_san.callbacks.every_images import images_seen

    model = keras_san.models.build("dcgan", (32, 32, 1), width=4)
    assert images_seen(model) == 0
    ```
    """
    count = getattr(model, "images_seen", None)
    if count is None:
        raise ValueError(
            f"This callback counts progress in images, but {type(model).__name__} has no "
            "`images_seen`. Expected a keras_san.SANModel."
        )
    return int(keras.ops.convert_to_numpy(count))


class EveryImages(keras.callbacks.Callback):
    """Calls `act(images_seen)` every so many images, and once more when training ends.

    Subclass it for periodic work that needs the model: saving, sampling, measuring. The
    moment is counted from the last time it acted (or from the start of `fit`), and falls on
    the first step or epoch end at or after it. With another model, or one that was set back, it
    begins anew.

    Args:
        every_images: int, number of real images between two calls of `act`.

    Raises:
        ValueError: if `every_images` is not a positive integer.

    Example:

    ```python
    from keras_san.callbacks.every_images import EveryImages

    class Announce(EveryImages):
        def act(self, images_seen):
            print("trained on", images_seen, "images")

    announce = Announce(every_images=10_000)
    ```
    """

    # `on_train_batch_end` only notes a number, so Keras may run it in its worker thread and
    # need not wait for the device after every step. The work itself is done in
    # `on_train_batch_begin` and `on_epoch_end`, which run in the main thread.
    async_safe = True

    def __init__(self, every_images):
        super().__init__()
        if isinstance(every_images, bool) or int(every_images) != every_images or every_images < 1:
            raise ValueError(
                f"every_images must be a positive integer, got {every_images!r}. "
                "It is the number of real images between two calls."
            )
        self.every_images = int(every_images)
        self._images_seen = 0
        self._last_act = None
        self._counted = None

    def act(self, images_seen):
        """Does the work. `self.model` is in sync here on every backend.

        Args:
            images_seen: int, real images the model was trained on.
        """
        raise NotImplementedError

    def on_train_begin(self, logs=None):
        """Starts to count where the model stands."""
        self._images_seen = images_seen(self.model)
        if self._counted is not self.model or self._images_seen < self._last_act:
            self._begin()

    def _begin(self):
        """Forgets what was done with another model, or with a later state of this one."""
        self._counted = self.model
        self._last_act = self._images_seen

    def on_train_batch_begin(self, batch, logs=None):
        """Acts when it is time."""
        self._act_when_due()

    def on_train_batch_end(self, batch, logs=None):
        """Notes how many images were seen."""
        self._images_seen = max(self._images_seen, int((logs or {}).get("images_seen", 0)))

    def on_epoch_end(self, epoch, logs=None):
        """Acts when it is time."""
        self._act_when_due()

    def on_train_end(self, logs=None):
        """Acts a last time, unless it just has."""
        if images_seen(self.model) != self._last_act:
            self._act()

    def _act_when_due(self):
        if self._images_seen - self._last_act >= self.every_images:
            self._act()

    def _act(self):
        count = images_seen(self.model)
        self._images_seen = self._last_act = count
        self.act(count)
