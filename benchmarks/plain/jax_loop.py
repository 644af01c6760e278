"""The training step in plain JAX: one jitted function with donated state, `jax.lax` convolutions.

XLA takes a naive path on the CPU for the kernel gradient of `lax.conv_transpose`, which makes the
whole step many times slower. So that the comparison says something, the loop carries the same
remedy as the library (`adjoint=True`): the convolution's own gradient rules. `adjoint=False` is
the loop as most people would write it.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

_LAYOUT = ("NHWC", "HWIO", "NHWC")


class Loop:
    """Trains one network from given weights.

    Args:
        network: `benchmarks.plain.networks.Network`.
        weights: as `benchmarks.weights.read` makes it.
        precision: "float32", or "mixed_bfloat16" for casts of maps and kernels.
        epsilon: float, of Adam.
        adjoint: bool, see the module.
    """

    def __init__(self, network, weights, precision, epsilon=1e-7, adjoint=True):
        dtype = jnp.bfloat16 if precision == "mixed_bfloat16" else jnp.float32
        self.arguments = network, dtype, epsilon, adjoint
        self.step = jax.jit(functools.partial(_step, *self.arguments), donate_argnums=0)
        self.state = _initial_state(weights)

    def run(self, images, batch_size):
        """One epoch over uint8 images `(count, height, width, channels)`, shuffled."""
        order = np.random.permutation(len(images)).reshape(-1, batch_size)
        for rows in order:
            self.state, losses = self.step(self.state, images[rows])
        return {name: float(value) for name, value in losses.items()}

    def inference(self):
        """A function of latents to images, arrays, with the stored batch statistics."""
        network, dtype, _, adjoint = self.arguments

        @jax.jit
        def generate(parameters, moments, latents):
            return _generate(network, dtype, adjoint, parameters, latents, moments)[0]

        parameters, moments = self.state["generator"]["parameters"], self.state["moments"]
        return lambda latents: np.asarray(generate(parameters, moments, latents))

    def weights(self):
        """The weights in the form they were given in."""
        players = self.state["generator"], self.state["discriminator"]
        generator, (trunk, head) = (player["parameters"] for player in players)
        weights = {
            "generator": generator,
            "average": self.state["average"],
            "discriminator": trunk,
            "head": head,
        }
        return jax.tree.map(np.asarray, weights)


def _initial_state(weights):
    # Through NumPy: buffers that two parts of the state shared could not be donated.
    copy = functools.partial(jax.tree.map, jnp.array)
    trunk = [dict(layer) for layer in weights["discriminator"]]
    vectors = [layer.pop("vector", None) for layer in trunk]
    moments = [
        (np.zeros_like(layer["gamma"]), np.ones_like(layer["gamma"]))
        for layer in weights["generator"]
        if "gamma" in layer
    ]
    return {
        "generator": _player(copy(weights["generator"])),
        "discriminator": _player(copy((trunk, weights["head"]))),
        "vectors": copy(vectors),
        "moments": copy(moments),
        "average": copy(weights["generator"]),
        "average_moments": copy(moments),
        "images_seen": jnp.zeros((), jnp.int32),
        "key": jax.random.key(0),
    }


def _player(parameters):
    return {
        "parameters": parameters,
        "first": jax.tree.map(jnp.zeros_like, parameters),
        "second": jax.tree.map(jnp.zeros_like, parameters),
        "updates": jnp.zeros((), jnp.int32),
    }


def _step(network, dtype, epsilon, adjoint, state, images, latents=None):
    """One update of each player; returns the new state and the losses."""
    state = dict(state)
    if latents is None:
        state["key"], key = jax.random.split(state["key"])
        latents = jax.random.normal(key, (2, len(images), network.latent_dim))
    generate = functools.partial(_generate, network, dtype, adjoint)
    score = functools.partial(_score, network, dtype)
    real = images.astype(jnp.float32) / 127.5 - 1.0
    fake, _ = generate(state["generator"]["parameters"], latents[0])

    def discriminator_loss(parameters):
        kernels, vectors = _normalized_kernels(parameters[0], state["vectors"])
        real_score, real_direction = score(parameters, kernels, real)
        fake_score, fake_direction = score(parameters, kernels, fake)
        loss = jax.nn.relu(1.0 - real_score).mean() + jax.nn.relu(1.0 + fake_score).mean()
        direction_loss = fake_direction.mean() - real_direction.mean()
        return loss + direction_loss, (loss, direction_loss, vectors)

    def generator_loss(parameters):
        fake, moments = generate(parameters, latents[1])
        discriminator = state["discriminator"]["parameters"]
        kernels, _ = _normalized_kernels(discriminator[0], state["vectors"])
        return -score(discriminator, kernels, fake)[0].mean(), moments

    gradients, aux = jax.grad(discriminator_loss, has_aux=True)(
        state["discriminator"]["parameters"]
    )
    loss, direction_loss, state["vectors"] = aux
    state["discriminator"] = _adam(network, epsilon, state["discriminator"], gradients)
    head = state["discriminator"]["parameters"][1]
    head["kernel"] = _unit(head["kernel"], axis=0)

    (fake_loss, moments), gradients = jax.value_and_grad(generator_loss, has_aux=True)(
        state["generator"]["parameters"]
    )
    state["generator"] = _adam(network, epsilon, state["generator"], gradients)
    momentum = network.batch_momentum
    state["moments"] = jax.tree.map(
        lambda old, new: momentum * old + (1.0 - momentum) * new, state["moments"], moments
    )
    _update_average(network, state, len(images))
    return state, {
        "discriminator_loss": loss,
        "direction_loss": direction_loss,
        "generator_loss": fake_loss,
    }


def _update_average(network, state, batch_size):
    half_life = jnp.minimum(network.half_life, network.ramp_up * state["images_seen"])
    decay = 0.5 ** (batch_size / jnp.maximum(half_life, 1e-8))
    state["average"], state["average_moments"] = jax.tree.map(
        lambda average, new: decay * average + (1.0 - decay) * new,
        (state["average"], state["average_moments"]),
        (state["generator"]["parameters"], state["moments"]),
    )
    state["images_seen"] = state["images_seen"] + batch_size


def _adam(network, epsilon, player, gradients):
    beta_1, beta_2 = network.betas
    updates = player["updates"] + 1
    rate = network.learning_rate * jnp.sqrt(1.0 - beta_2**updates) / (1.0 - beta_1**updates)
    first = jax.tree.map(
        lambda moment, gradient: beta_1 * moment + (1.0 - beta_1) * gradient,
        player["first"],
        gradients,
    )
    second = jax.tree.map(
        lambda moment, gradient: beta_2 * moment + (1.0 - beta_2) * gradient**2,
        player["second"],
        gradients,
    )
    parameters = jax.tree.map(
        lambda parameter, m, v: parameter - rate * m / (jnp.sqrt(v) + epsilon),
        player["parameters"],
        first,
        second,
    )
    return {"parameters": parameters, "first": first, "second": second, "updates": updates}


def _generate(network, dtype, adjoint, parameters, latents, stored=None):
    """Images in [-1, 1], and the means and variances of the batch normalisations."""
    side, channels = network.start
    dense, *layers = parameters
    x = latents.astype(dtype) @ dense["kernel"].astype(dtype) + dense["bias"].astype(dtype)
    x = jax.nn.leaky_relu(x, network.start_slope).reshape(-1, side, side, channels)
    moments = []
    for layer, arrays in zip(network.generator, layers, strict=True):
        kernel = arrays["kernel"].astype(dtype)
        if not layer.transposed:
            x = _convolve(x, kernel, layer.strides, layer.padding)
        elif adjoint:
            x = _adjoint_convolve(x, kernel, layer.strides, layer.padding)
        else:
            x = _conv_transpose(x, kernel, layer.strides, layer.padding)
        x = x + arrays["bias"].astype(dtype)
        if layer.normalization == "batch":
            x = x.astype(jnp.float32)
            if stored is None:
                mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
            else:
                mean, variance = stored[len(moments)]
            moments.append((mean, variance))
            factor = arrays["gamma"] * lax.rsqrt(variance + network.batch_epsilon)
            x = ((x - mean) * factor + arrays["beta"]).astype(dtype)
        x = _ACTIVATIONS[layer.activation](x)
    images = x.astype(jnp.float32)
    return 2.0 * images - 1.0 if network.unit_range else images, moments


def _normalized_kernels(trunk, vectors):
    """The kernels of the discriminator after one power iteration, and the new vectors."""
    kernels, new_vectors = [], []
    for layer, vector in zip(trunk, vectors, strict=True):
        kernel, left = layer["kernel"], None
        if vector is not None:
            matrix = kernel.reshape(-1, kernel.shape[-1])
            fixed = lax.stop_gradient(matrix)
            right = _unit(fixed @ vector)
            left = _unit(right @ fixed)
            kernel = kernel / (right @ matrix @ left)
        kernels.append(kernel)
        new_vectors.append(left)
    return kernels, new_vectors


def _score(network, dtype, parameters, kernels, images):
    """The `(fun, dir)` pair of images."""
    trunk, head = parameters
    x = (0.5 * images + 0.5 if network.unit_range else images).astype(dtype)
    for layer, kernel, arrays in zip(network.discriminator, kernels, trunk, strict=True):
        x = _convolve(x, kernel.astype(dtype), layer.strides, layer.padding)
        x = jax.nn.leaky_relu(x + arrays["bias"].astype(dtype), layer.slope)
    x = x.sum((1, 2)) if network.sum_pooling else x.reshape(len(x), -1)
    x = x.astype(jnp.float32) + head["bias"]
    direction = _unit(head["kernel"], axis=0)
    scale = head["scale"] * len(direction) ** 0.5
    fun = x @ lax.stop_gradient(direction) * scale
    return fun, lax.stop_gradient(x) @ direction * lax.stop_gradient(scale)


def _unit(x, axis=None):
    return x / jnp.maximum(jnp.linalg.norm(x, axis=axis, keepdims=axis is not None), 1e-12)


def _convolve(x, kernel, strides, padding):
    return lax.conv_general_dilated(
        x, kernel, (strides, strides), padding.upper(), dimension_numbers=_LAYOUT
    )


def _conv_transpose(x, kernel, strides, padding):
    return lax.conv_transpose(
        x,
        kernel,
        (strides, strides),
        padding.upper(),
        dimension_numbers=_LAYOUT,
        transpose_kernel=True,
    )


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def _adjoint_convolve(x, kernel, strides, padding):
    return _conv_transpose(x, kernel, strides, padding)


def _forward(x, kernel, strides, padding):
    return _conv_transpose(x, kernel, strides, padding), (x, kernel)


def _backward(strides, padding, residuals, cotangent):
    x, kernel = residuals
    x_gradient, kernel_gradient = jax.vjp(
        lambda kernel: _convolve(cotangent, kernel, strides, padding), kernel
    )
    return x_gradient, kernel_gradient(x)[0]


_adjoint_convolve.defvjp(_forward, _backward)

_ACTIVATIONS = {
    "relu": jax.nn.relu,
    "silu": jax.nn.silu,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
}
