"""Files of named tensors."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from keras_san.convert.torch_tensors import read_torch_tensors


def read_tensors(path):
    """Reads a file of named tensors; no code that may lie in the file is run.

    Use it to look into a checkpoint of another codebase, and as the first step of
    `keras_san.convert.assign`. `.pt`, `.pth`, `.bin` and other endings are read as PyTorch files
    (with PyTorch installed, which need not be the backend), `.safetensors` with the library of
    that name, `.npz` with NumPy.

    Args:
        path: string or path of the file.

    Returns:
        Dictionary from names to float32 arrays. The prefix `module.` that PyTorch's parallel
        wrappers put before every name is left out.

    Raises:
        ValueError: if the file holds anything but tensors.
        ImportError: if the library that reads such a file is missing.
        FileNotFoundError: if there is no such file.

    Example:
    ```python
    import numpy as np
    import keras_san

    np.savez("weights.npz", **{"fc.weight": np.ones((4, 3))})
    keras_san.convert.read_tensors("weights.npz")["fc.weight"].shape  # (4, 3)
    ```
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file '{path}'.")
    tensors = _READERS.get(path.suffix.lower(), read_torch_tensors)(path)
    if all(name.startswith("module.") for name in tensors):
        tensors = {name.removeprefix("module."): array for name, array in tensors.items()}
    return tensors


def _read_npz(path):
    try:
        # NumPy leaves a file open that it cannot read, if it opened it.
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {name: np.asarray(file[name], "float32") for name in file.files}
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            f"'{path}' is not an .npz file of numbers ({error}). Save it with `numpy.savez`."
        ) from error


def _read_safetensors(path):
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
    except ImportError as error:
        raise ImportError(
            f"Reading '{path}' needs safetensors, which is not installed. "
            'Install it with `pip install "keras-san[convert]"`.'
        ) from error
    try:
        return {name: np.asarray(array, "float32") for name, array in load_file(path).items()}
    except SafetensorError as error:
        raise ValueError(f"'{path}' is not a readable safetensors file ({error}).") from error


_READERS = {".npz": _read_npz, ".safetensors": _read_safetensors}
