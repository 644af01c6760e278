"""The real images that come with the package."""

import pathlib

from keras_san.data.npz import npz

SAMPLE_PATH = pathlib.Path(__file__).with_name("fashion_mnist_sample.npz")


def sample(
    image_size=None,
    batch_size=64,
    labels="auto",
    split="train",
    resize="crop",
    **options,
):
    """Serve 5,000 real Fashion-MNIST images, 500 of each of its 10 classes.

    Use it to try something at once, without a download. The images are uint8 of shape
    `(28, 28, 1)`, the first 500 of each class of the training set; licence MIT, Zalando Research.

    Args:
        image_size: Integer, height and width to bring the images to. Defaults to `None`, 28.
        batch_size: Integer. Defaults to `64`.
        labels: `"auto"`, with labels, or `"none"`. Defaults to `"auto"`.
        split: `"train"`, the only one. Defaults to `"train"`.
        resize: `"crop"` or `"pad"`, as for `keras_san.data.arrays`. Defaults to `"crop"`.
        **options: `shuffle`, `seed`, `mirror`, `drop_remainder`, `repeat`, `start_batch` and
            `threads` of `keras_san.data.ImageDataset`.

    Returns:
        A `keras_san.data.ImageDataset` of uint8 batches.

    Raises:
        ValueError: If an argument has an unknown value.

    Example:

    ```python
    import keras_san.data

    dataset = keras_san.data.sample(image_size=32, resize="pad")
    images, labels = dataset[0]
    assert images.shape == (64, 32, 32, 1)
    ```

    Reference:
        Xiao, Rasul, Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
        Learning Algorithms", arXiv 1708.07747.
    """
    return npz(SAMPLE_PATH, image_size, batch_size, labels, split, resize, **options)
