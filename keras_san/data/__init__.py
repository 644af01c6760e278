"""Image data for training: folders, arrays, `.npz` files, named data sets and a shipped sample."""

from keras_san.data.animation import save_animation
from keras_san.data.arrays import arrays
from keras_san.data.grid import image_grid, save_png
from keras_san.data.image_dataset import ImageDataset
from keras_san.data.image_folder import image_folder
from keras_san.data.load import load
from keras_san.data.named import named
from keras_san.data.npz import npz
from keras_san.data.sample import sample

__all__ = [
    "ImageDataset",
    "arrays",
    "image_folder",
    "image_grid",
    "load",
    "named",
    "npz",
    "sample",
    "save_animation",
    "save_png",
]
