"""Images of a folder as they are, for measuring."""

from PIL import Image

from keras_san.data.image_folder import image_folder


def folder_images(path, image_size=None, labels="none", color_mode="rgb", resize="crop"):
    """A folder's images as a dataset, at their own size unless another is given.

    Resampling changes what is measured, so images of mixed or oblong sizes are refused where no
    `image_size` says that it is wanted.
    """
    dataset = image_folder(
        path, image_size or 1, batch_size=1, labels=labels, color_mode=color_mode, resize=resize
    )
    if image_size is not None:
        return dataset
    sizes = {}
    for name in dataset.source.paths:
        with Image.open(dataset.source.folder / name) as image:
            sizes.setdefault(image.size, name)
        if len(sizes) > 1:
            (one, first), (other, second) = list(sizes.items())[:2]
            raise ValueError(
                f"The images of '{path}' have mixed sizes: {first} is {one[0]} x {one[1]} pixels, "
                f"{second} is {other[0]} x {other[1]}. "
                "Give the size to bring all to (--resolution)."
            )
    ((width, height),) = sizes
    if width != height:
        raise ValueError(
            f"The images of '{path}' are {width} x {height} pixels, not square. Give the size to "
            "bring them to (--resolution)."
        )
    return image_folder(
        path, width, batch_size=1, labels=labels, color_mode=color_mode, resize=resize
    )
