"""The image data sets that Keras downloads by name."""

import keras

from keras_san.data.arrays import arrays
from keras_san.data.checks import check_choice
from keras_san.data.npz import LABELS, SPLITS

CLASS_NAMES = {
    "mnist": tuple("0123456789"),
    "fashion_mnist": (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    "cifar10": tuple("airplane automobile bird cat deer dog frog horse ship truck".split()),
    "cifar100": tuple(
        """
        apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle
        bowl boy bridge bus butterfly camel can castle caterpillar cattle
        chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur
        dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard
        lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain
        mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree
        plain plate poppy porcupine possum rabbit raccoon ray road rocket
        rose sea seal shark shrew skunk skyscraper snail snake spider
        squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor
        train trout tulip turtle wardrobe whale willow_tree wolf woman worm
        """.split()
    ),
}


def named(
    name,
    image_size=None,
    batch_size=64,
    labels="auto",
    split="train",
    resize="crop",
    **options,
):
    """Serve a data set that Keras knows by name; the first use downloads it.

    Use it for the small classics: `"mnist"`, `"fashion_mnist"`, `"cifar10"` and `"cifar100"`
    (its 100 fine classes).

    Args:
        name: String, one of the four names.
        image_size: Integer, height and width to bring the images to. Defaults to `None`, theirs.
        batch_size: Integer. Defaults to `64`.
        labels: `"auto"`, with labels, or `"none"`. Defaults to `"auto"`.
        split: `"train"` or `"test"`. Defaults to `"train"`.
        resize: `"crop"` or `"pad"`, as for `keras_san.data.arrays`. Defaults to `"crop"`.
        **options: `shuffle`, `seed`, `mirror`, `drop_remainder`, `repeat`, `start_batch` and
            `threads` of `keras_san.data.ImageDataset`.

    Returns:
        A `keras_san.data.ImageDataset` of uint8 batches.

    Raises:
        ValueError: If the name, `labels` or `split` is unknown.
        ConnectionError: If the data is not there yet and cannot be downloaded.

    Example:

    ```python
    import keras_san.data

    def digits():
        return keras_san.data.named("mnist", image_size=32, resize="pad")
    ```
    """
    check_choice("name", name, tuple(CLASS_NAMES))
    check_choice("labels", labels, LABELS)
    check_choice("split", split, SPLITS)
    try:
        train, test = getattr(keras.datasets, name).load_data()
    # Keras raises a bare Exception when a download fails.
    except Exception as error:
        raise ConnectionError(
            f"keras.datasets could not load {name!r}: {error}. Without a network pass the path "
            'of an .npz file, or "sample" for the images shipped with this package.'
        ) from error
    images, targets = train if split == "train" else test
    if labels == "none":
        targets = None
    return arrays(
        images,
        targets,
        image_size,
        batch_size,
        resize=resize,
        class_names=CLASS_NAMES[name],
        name=name,
        **options,
    )
