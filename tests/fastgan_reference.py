"""FastGAN's generator in NumPy, in double precision: what the layers of the library must give."""

import numpy as np
from keras import ops


class Reference:
    """Reads the weights of a `FastGANGenerator` and computes its images.

    Where `training` is true, the batch's own statistics and moved power iterations are used; the
    noise is left out, so that its weights must then be zero.
    """

    def __init__(self, generator, training):
        self.weights = {
            key(weight.path): np.array(ops.convert_to_numpy(weight), "float64")
            for weight in generator.weights
        }
        self.size, self.lite = generator.image_shape[0], generator.lite
        self.self_modulation = generator.self_modulation
        self.training = training

    def __call__(self, latents, labels=None):
        x = latents / np.sqrt(np.mean(latents**2, axis=1, keepdims=True) + 1e-8)
        condition = None if labels is None else self.weights["class_embedding/embeddings"][labels]
        if self.self_modulation:
            condition = x if condition is None else np.concatenate([condition, x], axis=1)
        # A transposed convolution of one position is a product with its kernel.
        x = np.einsum("bi,hwoi->bhwo", x, self.kernel("first", rows=2))
        maps = {4: gated(self.normalized(x, None, "first_normalization"))}
        size = 4
        while size < self.size:
            size *= 2
            maps[size] = self.block(maps[size // 2], size, condition)
            if size >= 64:
                maps[size] = maps[size] * self.excitation(maps[size // 16], f"excitation{size}")
        return convolved(maps[size], self.kernel("to_image")) + self.weights["to_image/bias"]

    def block(self, x, size, condition):
        x = x.repeat(2, axis=1).repeat(2, axis=2)
        for index in (1,) if self.lite else (1, 2):
            x = convolved(x, self.kernel(f"block{size}_conv{index}"))
            if not self.lite and not self.training:
                layer = 1 if condition is not None else index
                seed = 2 * size + layer - 1
                noise = np.random.RandomState(seed).standard_normal((size, size, 1))
                x = x + self.weights[f"block{size}_noise{layer}/strength"] * noise
            x = gated(self.normalized(x, condition, f"block{size}_normalization{index}"))
        return x

    def excitation(self, x, name):
        cell = x.shape[1] // 4
        pooled = np.array(
            [
                [
                    x[:, cell * i : cell * i + cell, cell * j : cell * j + cell].mean((1, 2))
                    for j in range(4)
                ]
                for i in range(4)
            ]
        )
        hidden = np.einsum("hwbi,hwio->bo", pooled, self.kernel(f"{name}/squeeze"))
        gate = (hidden * sigmoid(hidden)) @ self.kernel(f"{name}/gate")[0, 0]
        return sigmoid(gate)[:, None, None]

    def normalized(self, x, condition, name):
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        if not self.training:
            mean, variance = (
                self.weights[f"{name}/moving_{part}"] for part in ("mean", "variance")
            )
        x = (x - mean) / np.sqrt(variance + 1e-5)
        if f"{name}/gamma" in self.weights:
            return x * self.weights[f"{name}/gamma"] + self.weights[f"{name}/beta"]
        gain, bias = (
            condition @ self.kernel(f"{name}/{part}") + self.weights[f"{name}/{part}/bias"]
            for part in ("gain", "bias")
        )
        return x * (1.0 + gain[:, None, None]) + bias[:, None, None]

    def kernel(self, name, rows=-1):
        """A kernel over its spectral norm, as the stored vector or one step more finds it."""
        kernel, left = self.weights[f"{name}/kernel"], self.weights[f"{name}/vector"]
        matrix = np.moveaxis(kernel, rows, 0).reshape(len(left), -1)
        right = unit(left @ matrix)
        return kernel / ((unit(matrix @ right) if self.training else left) @ matrix @ right)


def key(path):
    """A weight's path without the name of the layer that spectral normalisation wraps."""
    *owners, name = path.split("/")
    wrapped = len(owners) > 1 and name in ("kernel", "bias")
    return "/".join([*(owners[:-1] if wrapped else owners), name])


def unit(vector):
    return vector / np.linalg.norm(vector)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def gated(x):
    """The gated linear unit: the first half of the channels, gated by the second."""
    values, gates = np.split(x, 2, axis=-1)
    return values * sigmoid(gates)


def convolved(x, kernel):
    """A convolution of 3x3 at every position, the border padded with zeros."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    return np.einsum("bhwikl,klio->bhwo", windows, kernel, optimize=True)
