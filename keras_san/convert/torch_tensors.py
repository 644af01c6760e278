"""Tensors of a PyTorch file as NumPy arrays."""

import pickle
from collections.abc import Mapping


def read_torch_tensors(path):
    """Name -> float32 array of a `.pth` state dictionary; no code of the file is run.

    A dictionary that holds the state dictionary under a name, as training scripts save it beside
    their optimizer, is looked into.

    Raises:
        ValueError: if the file holds more than tensors and plain values, or no state dictionary.
    """
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            f"Reading '{path}' needs PyTorch, which is not installed. "
            "Install it with `pip install torch`; it need not be the backend."
        ) from error
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"'{path}' is not a file of tensors, or holds Python objects that would have to be "
            "run. Where you trust it, load it in the code that wrote it and save "
            "`network.state_dict()` alone."
        ) from error
    # torch.load raises unrelated types on damaged or foreign bytes.
    except Exception as error:
        raise ValueError(
            f"'{path}' cannot be read as a PyTorch file ({type(error).__name__}: {error}). Is it "
            "damaged, or of another format?"
        ) from error
    tensors = _state_dictionary(content, torch.Tensor)
    if tensors is None:
        raise ValueError(
            f"'{path}' holds no state dictionary (names with tensors). "
            "Save `network.state_dict()` and convert that file."
        )
    return {name: tensor.detach().float().numpy() for name, tensor in tensors.items()}


_KEYS = ("state_dict", "model_state_dict", "model")


def _state_dictionary(content, tensor_type):
    """The names with tensors of a loaded file, or None."""
    if not isinstance(content, Mapping):
        return None
    for key in _KEYS:
        if isinstance(content.get(key), Mapping):
            return _state_dictionary(content[key], tensor_type)
    tensors = {name: value for name, value in content.items() if isinstance(value, tensor_type)}
    return tensors or None
