"""State dictionaries drawn by name and shape, so that golden files need not hold them."""

import zlib

import numpy as np

VECTORS = ("weight_u", "weight_v", "u0", "sn_u")
WEIGHTS = ("weight_orig", "weight", "w/ema_0.9999")


def draw(case, shapes):
    """Name -> float32 array for an ordered dictionary of names and shapes."""
    tensors = {}
    for name, shape in shapes.items():
        tensors[name] = draw_one(case, name, tuple(shape), tensors)
    return tensors


def draw_one(case, name, shape, tensors):
    """A tensor; `tensors` holds the kernel that a vector of the spectral norm belongs to."""
    random = np.random.RandomState(zlib.crc32(f"{case}/{name}".encode()))
    last = name.replace("/", ".").rsplit(".", maxsplit=1)[-1]
    if name.endswith(VECTORS):
        value = _vector(name, shape, tensors, random)
    elif "var" in last:
        value = random.uniform(0.5, 1.5, shape)
    elif last in ("sigma", "gamma"):
        value = np.full(shape, 0.7)
    elif last in ("bias", "running_mean", "stored_mean", "running_means"):
        value = random.normal(0, 0.2, shape)
    elif len(shape) == 1:
        value = random.uniform(0.5, 1.5, shape)
    else:
        value = random.normal(0, 1.0 / np.sqrt(np.prod(shape[1:])), shape)
    return value.astype("float32")


def _vector(name, shape, tensors, random):
    """What training leaves: singular vectors of the kernel as it was before the last update."""
    stem = name[: name.rindex(next(v for v in VECTORS if name.endswith(v)))]
    kernel = next(tensors[stem + weight] for weight in WEIGHTS if stem + weight in tensors)
    kernel = kernel.reshape(len(kernel), -1).astype("float64")
    random = np.random.RandomState(zlib.crc32(f"{stem}".encode()))
    left = random.normal(size=len(kernel))
    # A head of one row is divided by its norm, whatever the vectors say.
    noise = 0.1 * kernel.std() * random.normal(size=kernel.shape) * (len(kernel) > 1)
    for _ in range(3):
        right = _unit(left @ (kernel + noise))
        left = _unit((kernel + noise) @ right)
    return (right if name.endswith("weight_v") else left).reshape(shape)


def _unit(vector):
    return vector / np.linalg.norm(vector)
