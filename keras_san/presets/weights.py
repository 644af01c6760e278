"""Weight files of presets: Keras's own `.weights.h5`, with the large arrays in half precision."""

import tempfile
from pathlib import Path

import h5py
import numpy as np

DTYPES = ("float16", "float32")


def write_weights(network, path, dtype="float16"):
    """Writes the weights of a network as a file that `network.load_weights` reads.

    Args:
        network: A built `keras.Model`.
        path: File to write; Keras wants its name to end in `.weights.h5`.
        dtype: String, `"float16"` or `"float32"`. Vectors (biases, batch-norm statistics, scales)
            stay in float32: they are few, and a variance can be too small for float16.
    """
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "full.weights.h5"
        network.save_weights(full)
        with h5py.File(full, "r") as source, h5py.File(path, "w") as target:
            _copy_group(source, target, dtype)


def read_weights(network, path):
    """Loads a file of `write_weights`, after every tensor's name and shape has been compared."""
    _check_tensors(network, path)
    network.load_weights(path)
    # Rounding to float16 moves a SAN direction off the unit sphere.
    onto_constraints(network)


def onto_constraints(network):
    """Puts every weight with a constraint where it says, such as a direction on the sphere."""
    for variable in network.weights:
        if getattr(variable, "constraint", None) is not None:
            variable.assign(variable.constraint(variable.value))


def _copy_group(source, target, dtype):
    target.attrs.update(source.attrs)
    for name, item in source.items():
        if isinstance(item, h5py.Group):
            _copy_group(item, target.create_group(name), dtype)
        else:
            target.create_dataset(name, data=_stored(item, dtype)).attrs.update(item.attrs)


def _stored(dataset, dtype):
    values = dataset[()]
    if not np.issubdtype(dataset.dtype, np.floating):
        return values
    if not np.isfinite(values).all():
        raise ValueError(
            f"The tensor '{dataset.name.lstrip('/')}' is not finite, so the model is not worth "
            "saving as a preset. Go back to a checkpoint from before the training diverged."
        )
    fits = np.abs(values).max(initial=0.0) <= np.finfo("float16").max
    return values.astype(dtype) if values.ndim >= 2 and fits else values


def _check_tensors(network, path):
    found = _shapes(path)
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "own.weights.h5"
        network.save_weights(own)
        expected = _shapes(own)
    faults = [f"missing {name} {expected[name]}" for name in sorted(expected.keys() - found)]
    faults += [f"unknown {name} {found[name]}" for name in sorted(found.keys() - expected)]
    faults += [
        f"misshapen {name} {found[name]}, expected {expected[name]}"
        for name in sorted(found.keys() & expected)
        if found[name] != expected[name]
    ]
    if faults:
        raise ValueError(
            f"The weights in '{path}' do not fit the network '{network.name}': "
            f"{'; '.join(faults)}. Load them with the config they were saved with."
        )


def _shapes(path):
    shapes = {}

    def note(name, item):
        if isinstance(item, h5py.Dataset):
            shapes[name] = item.shape

    with h5py.File(path, "r") as file:
        file.visititems(note)
    return shapes
