"""The training step in plain TensorFlow: one `tf.function`, `tf.nn` and `tf.Variable`.

No XLA, as in ours on the CPU.
"""

import tensorflow as tf


class Loop:
    """Trains one network from given weights.

    Args:
        network: `benchmarks.plain.networks.Network`.
        weights: as `benchmarks.weights.read` makes it.
        precision: "float32", or "mixed_bfloat16" for casts of maps and kernels.
        epsilon: float, of Adam.
    """

    def __init__(self, network, weights, precision, epsilon=1e-7):
        self.network = network
        self.dtype = tf.bfloat16 if precision == "mixed_bfloat16" else tf.float32
        self.generator = _variables(weights["generator"])
        self.average = _variables(weights["generator"])
        trunk = _variables(weights["discriminator"])
        # The vectors of the power iteration are state, but no parameters.
        self.vectors = [layer.pop("vector", None) for layer in trunk]
        self.trunk = trunk
        self.head = {name: tf.Variable(value) for name, value in weights["head"].items()}
        moments = [
            (
                tf.Variable(tf.zeros(layer["gamma"].shape)),
                tf.Variable(tf.ones(layer["gamma"].shape)),
            )
            for layer in self.generator
            if "gamma" in layer
        ]
        self.moments = [variable for pair in moments for variable in pair]
        self.average_moments = [tf.Variable(variable) for variable in self.moments]
        self.generator_optimizer = Adam(network, tf.nest.flatten(self.generator), epsilon)
        self.discriminator_optimizer = Adam(
            network, tf.nest.flatten((self.trunk, self.head)), epsilon
        )
        self.images_seen = tf.Variable(0)
        self.step = tf.function(self._step, reduce_retracing=True)

    def run(self, images, batch_size):
        """One epoch over uint8 images `(count, height, width, channels)`, shuffled."""
        data = tf.data.Dataset.from_tensor_slices(images).shuffle(len(images))
        for batch in data.batch(batch_size, drop_remainder=True).prefetch(tf.data.AUTOTUNE):
            losses = self.step(batch)
        return {name: float(value) for name, value in losses.items()}

    def _step(self, images, latents=None):
        """One update of each player; returns the losses."""
        if latents is None:
            latents = tf.random.normal((2, images.shape[0], self.network.latent_dim))
        real = tf.cast(images, tf.float32) / 127.5 - 1.0
        losses = self.update_discriminator(real, latents[0])
        losses |= self.update_generator(latents[1])
        self.update_average(images.shape[0])
        return losses

    def update_discriminator(self, real, latents):
        fake, _ = self.generate(latents)
        parameters = tf.nest.flatten((self.trunk, self.head))
        with tf.GradientTape() as tape:
            kernels, vectors = self.normalized_kernels()
            real, real_direction = self.score(real, kernels)
            fake, fake_direction = self.score(fake, kernels)
            loss = tf.reduce_mean(tf.nn.relu(1.0 - real)) + tf.reduce_mean(tf.nn.relu(1.0 + fake))
            direction_loss = tf.reduce_mean(fake_direction) - tf.reduce_mean(real_direction)
            total = loss + direction_loss
        self.discriminator_optimizer.apply(tape.gradient(total, parameters))
        kernel = self.head["kernel"]
        kernel.assign(tf.math.l2_normalize(kernel, axis=0))
        for variable, vector in zip(self.vectors, vectors, strict=True):
            if variable is not None:
                variable.assign(vector)
        return {"discriminator_loss": loss, "direction_loss": direction_loss}

    def update_generator(self, latents):
        parameters = tf.nest.flatten(self.generator)
        kernels, _ = self.normalized_kernels()
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(parameters)
            fake, moments = self.generate(latents)
            loss = -tf.reduce_mean(self.score(fake, kernels)[0])
        self.generator_optimizer.apply(tape.gradient(loss, parameters))
        momentum = self.network.batch_momentum
        for variable, value in zip(self.moments, moments, strict=True):
            variable.assign(momentum * variable + (1.0 - momentum) * value)
        return {"generator_loss": loss}

    def inference(self):
        """A function of latents to images, arrays, with the stored batch statistics."""
        generate = tf.function(lambda latents: self.generate(latents, stored=True)[0])
        return lambda latents: generate(tf.constant(latents)).numpy()

    def generate(self, latents, stored=False):
        """Images in [-1, 1], and the means and variances of the batch normalisations."""
        network, moments = self.network, []
        side, channels = network.start
        dense, *layers = self.generator
        x = tf.matmul(self.cast(latents), self.cast(dense["kernel"])) + self.cast(dense["bias"])
        if network.start_slope != 1.0:
            x = tf.nn.leaky_relu(x, network.start_slope)
        x = tf.reshape(x, (-1, side, side, channels))
        for layer, variables in zip(network.generator, layers, strict=True):
            x = _convolve(layer, x, self.cast(variables["kernel"]), self.cast(variables["bias"]))
            if layer.normalization == "batch":
                index = len(moments)
                statistics = self.moments[index : index + 2] if stored else (None, None)
                x, mean, variance = tf.compat.v1.nn.fused_batch_norm(
                    x,
                    variables["gamma"],
                    variables["beta"],
                    *statistics,
                    epsilon=network.batch_epsilon,
                    is_training=not stored,
                )
                moments += [mean, variance]
            x = _ACTIVATIONS[layer.activation](x)
        images = tf.cast(x, tf.float32)
        return 2.0 * images - 1.0 if network.unit_range else images, moments

    def normalized_kernels(self):
        """The kernels of the discriminator after one power iteration, and the new vectors."""
        kernels = [layer["kernel"] for layer in self.trunk]
        vectors = list(self.vectors)
        for index, vector in enumerate(self.vectors):
            if vector is None:
                continue
            kernel = tf.convert_to_tensor(kernels[index])
            matrix = tf.reshape(kernel, (-1, kernel.shape[-1]))
            fixed = tf.stop_gradient(matrix)
            right = tf.math.l2_normalize(tf.linalg.matvec(fixed, vector))
            left = tf.math.l2_normalize(tf.linalg.matvec(fixed, right, transpose_a=True))
            sigma = tf.tensordot(right, tf.linalg.matvec(matrix, left), 1)
            kernels[index], vectors[index] = kernel / sigma, left
        return [self.cast(kernel) for kernel in kernels], vectors

    def score(self, images, kernels):
        """The `(fun, dir)` pair of images."""
        x = self.cast(0.5 * images + 0.5 if self.network.unit_range else images)
        for layer, kernel, variables in zip(
            self.network.discriminator, kernels, self.trunk, strict=True
        ):
            x = _convolve(layer, x, kernel, self.cast(variables["bias"]))
            x = tf.nn.leaky_relu(x, layer.slope)
        x = tf.reduce_sum(x, (1, 2)) if self.network.sum_pooling else _flatten(x)
        x = tf.cast(x, tf.float32) + self.head["bias"]
        direction = tf.math.l2_normalize(self.head["kernel"], axis=0)
        scale = self.head["scale"] * direction.shape[0] ** 0.5
        fun = tf.matmul(x, tf.stop_gradient(direction)) * scale
        return fun, tf.matmul(tf.stop_gradient(x), direction) * tf.stop_gradient(scale)

    def update_average(self, batch_size):
        network = self.network
        half_life = network.ramp_up * tf.cast(self.images_seen, tf.float32)
        half_life = tf.maximum(tf.minimum(half_life, network.half_life), 1e-8)
        decay = 0.5 ** (batch_size / half_life)
        averages = [*tf.nest.flatten(self.average), *self.average_moments]
        variables = [*tf.nest.flatten(self.generator), *self.moments]
        for average, variable in zip(averages, variables, strict=True):
            average.assign(decay * average + (1.0 - decay) * variable)
        self.images_seen.assign_add(batch_size)

    def cast(self, tensor):
        return tf.cast(tensor, self.dtype)

    def weights(self):
        """The weights in the form they were given in."""
        variables = {
            "generator": self.generator,
            "average": self.average,
            "discriminator": self.trunk,
            "head": self.head,
        }
        return tf.nest.map_structure(lambda variable: variable.numpy(), variables)


class Adam:
    """Adam by TensorFlow's fused kernel, which updates a variable in one pass."""

    def __init__(self, network, variables, epsilon):
        self.variables = variables
        self.moments = [
            (tf.Variable(tf.zeros_like(variable)), tf.Variable(tf.zeros_like(variable)))
            for variable in variables
        ]
        self.rates = dict(lr=network.learning_rate, epsilon=epsilon)
        self.betas = network.betas
        self.powers = [tf.Variable(beta) for beta in network.betas]

    def apply(self, gradients):
        for variable, gradient, (first, second) in zip(
            self.variables, gradients, self.moments, strict=True
        ):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=first.handle,
                v=second.handle,
                beta1_power=self.powers[0],
                beta2_power=self.powers[1],
                beta1=self.betas[0],
                beta2=self.betas[1],
                grad=gradient,
                **self.rates,
            )
        for power, beta in zip(self.powers, self.betas, strict=True):
            power.assign(power * beta)


_ACTIVATIONS = {
    "relu": tf.nn.relu,
    "silu": tf.nn.silu,
    "tanh": tf.nn.tanh,
    "sigmoid": tf.nn.sigmoid,
}


def _variables(layers):
    return [{name: tf.Variable(value) for name, value in layer.items()} for layer in layers]


def _convolve(layer, x, kernel, bias):
    padding = layer.padding.upper()
    if layer.transposed:
        extra = 0 if layer.padding == "same" else layer.kernel - layer.strides
        side = x.shape[1] * layer.strides + extra
        shape = (x.shape[0], side, side, layer.channels)
        x = tf.nn.conv2d_transpose(x, kernel, shape, layer.strides, padding)
    else:
        x = tf.nn.conv2d(x, kernel, layer.strides, padding)
    return tf.nn.bias_add(x, bias)


def _flatten(x):
    return tf.reshape(x, (x.shape[0], -1))
