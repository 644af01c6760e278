"""Grids of generated images, as training goes on."""

from pathlib import Path

from keras_san import backend
from keras_san.callbacks.every_images import EveryImages, images_seen
from keras_san.data.grid import image_grid, save_png


class ImageGrid(EveryImages):
    """Writes a PNG grid of images of fixed seeds every so many images.

    One file is written as training starts, one every `every_images` images and one at the end,
    `samples_000123456.png` by the number of images seen: the same latents each time, so the
    files side by side show what training changed. The images come from `SANModel.generate`.

    Args:
        directory: str or path, the folder to write into, made where missing.
        every_images: int, number of real images between two grids.
        seeds: sequence of int, one a picture of the grid. Defaults to 0 to 63.
        labels: sequence of int, one a seed, for a class-conditional model. `None` takes the
            classes in turn. Defaults to `None`.

    Raises:
        ValueError: if `labels` and `seeds` differ in length, or `seeds` is empty.

    Example:

    ```python
    import keras_san

    grids = keras_san.callbacks.ImageGrid("runs/first", every_images=50_000, seeds=range(16))
    ```
    """

    def __init__(self, directory, every_images, seeds=range(64), labels=None):
        super().__init__(every_images)
        self.directory = Path(directory)
        self.seeds = [int(seed) for seed in seeds]
        self.labels = None if labels is None else [int(label) for label in labels]
        if not self.seeds:
            raise ValueError("seeds is empty: give one seed for each picture of the grid.")
        if self.labels is not None and len(self.labels) != len(self.seeds):
            raise ValueError(
                f"labels must be one a seed: got {len(self.labels)} labels for "
                f"{len(self.seeds)} seeds."
            )

    def on_train_begin(self, logs=None):
        """Writes the first grid."""
        super().on_train_begin(logs)
        self.act(images_seen(self.model))

    def act(self, images_seen):
        """Writes a grid, named after the number of images seen."""
        model = self.model
        labels = self.labels
        if labels is None and model.num_classes:
            labels = [index % model.num_classes for index in range(len(self.seeds))]
        # Every process generates, as JAX needs all of them; the first one writes.
        images = model.generate(seeds=self.seeds, labels=labels)
        if backend.process_index() > 0:
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        save_png(image_grid(images), self.directory / f"samples_{images_seen:09d}.png")
