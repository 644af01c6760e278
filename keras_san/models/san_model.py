"""The GAN as a Keras model: one training step for three backends."""

import keras
import numpy as np
from keras import ops

from keras_san import backend, losses
from keras_san.layers.direction_cosine import direction_cosine
from keras_san.models import inputs as model_inputs
from keras_san.models.discriminator import Discriminator
from keras_san.models.moving_average import MovingAverage
from keras_san.models.optimizer_pair import OptimizerPair
from keras_san.models.recipe import Recipe
from keras_san.sampling.latents import latents, random_labels


@keras.saving.register_keras_serializable(package="keras_san")
class SANModel(backend.Trainer, keras.Model):
    """A generator and a discriminator that train each other.

    With a discriminator that has a SAN head (`keras_san.models.build(..., head="san")`, the
    default, or `keras_san.to_san`) it trains as a Slicing Adversarial Network; with any other as
    the ordinary GAN of the same objective.

    A batch is images, or `(images, labels)`: uint8 in `[0, 255]` or float in `[-1, 1]`, shape
    `(batch, height, width, channels)`. With `discriminator_steps=k` a step splits its batch into
    `k` parts, one a discriminator update, and then updates the generator once on as many images.

    Args:
        generator: `keras.Model` of latents, or of `[latents, labels]`, to images in `[-1, 1]`.
        discriminator: `keras.Model` of images, or of `[images, labels]`, to scores; several
            outputs (a list) are scored each and their losses summed.
        latent_dim: int, or None to read it off the generator. Defaults to `None`.
        num_classes: int, 0 for an unconditional model, which ignores labels. Defaults to `0`.
        discriminator_steps: int, or `"auto"` for the architecture's. Defaults to `"auto"`.
        direction_weight: float, the paper's lambda; 0 trains no direction (an ablation). Defaults
            to `1.0`.
        ema: `keras_san.models.MovingAverage`, a half-life in images, or `"auto"` for the
            architecture's. Defaults to `"auto"`.
        seed: int or None, of the latents that training draws. Defaults to `None`.
        **kwargs: of `keras.Model`.

    Call arguments:
        inputs: latents `(batch, latent_dim)`, or `[latents, labels]`.
        training: ignored; the averaged generator runs in inference mode.

    Returns:
        Images `(batch, height, width, channels)`, float in `[-1, 1]`, of the averaged generator.

    Example:
    ```python
    import numpy as np
    import keras_san

    model = keras_san.models.build("dcgan", image_shape=(32, 32, 3), width=4)
    model.compile(loss="hinge")
    images = np.random.randint(0, 256, (8, 32, 32, 3), "uint8")
    model.fit(images, batch_size=4, epochs=1, verbose=0)
    samples = model.generate(4, seed=0)  # uint8 (4, 32, 32, 3)
    ```

    Reference: Takida et al., "SAN: Inducing Metrizability of GAN with Discriminative Normalized
    Linear Layer", ICLR 2024, algorithm 1.
    """

    def __init__(
        self,
        generator,
        discriminator,
        latent_dim=None,
        num_classes=0,
        discriminator_steps="auto",
        direction_weight=1.0,
        ema="auto",
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        model_inputs.check_networks(generator, discriminator, num_classes)
        self.recipe = getattr(generator, "recipe", Recipe())
        self.generator = generator
        self.discriminator = discriminator
        self.generator_ema = _copy(generator)
        self.latent_dim = latent_dim or model_inputs.latent_dim_of(generator)
        self.image_shape = tuple(generator.output_shape[1:])
        self.num_classes = num_classes
        self.discriminator_steps = (
            self.recipe.discriminator_steps if discriminator_steps == "auto" else discriminator_steps
        )
        self.direction_weight = direction_weight
        self.ema = _moving_average(ema, self.recipe)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.images_seen = self.add_weight(
            name="images_seen", shape=(), dtype="int32", initializer="zeros", trainable=False
        )
        self._couples_samples = any(map(_couples_samples, discriminator._flatten_layers()))
        self._compiled_functions = {}
        self._trackers = {}
        self.built = True

    # Training ---------------------------------------------------------------------------------

    def compile(
        self,
        loss="auto",
        generator_optimizer="auto",
        discriminator_optimizer="auto",
        penalties=(),
        augment=None,
        jit_compile="auto",
        run_eagerly=False,
        steps_per_execution=1,
    ):
        """Sets what the players minimise and how.

        Args:
            loss: name or object of `keras_san.losses`, or `"auto"` for the architecture's.
            generator_optimizer: `keras.optimizers.Optimizer`, its name, or `"auto"`.
            discriminator_optimizer: the same for the discriminator; another object.
            penalties: sequence of `keras_san.penalties.Penalty`, added to the discriminator's
                loss.
            augment: differentiable function or layer of images `(batch, height, width, channels)`
                in `[-1, 1]`, applied to all that the discriminator sees. Defaults to `None`.
            jit_compile: bool, or `"auto"` for what is fast on the backend and device at hand:
                XLA always on JAX, on GPU and TPU on TensorFlow; not on PyTorch.
            run_eagerly: bool, of `keras.Model.compile`.
            steps_per_execution: int, of `keras.Model.compile`.

        Raises:
            ValueError: if an objective or optimizer is unknown, or both players share one.

        Example:
        ```python
        import keras
        import keras_san

        model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
        model.compile(loss="non_saturating", generator_optimizer=keras.optimizers.Adam(1e-4))
        ```
        """
        self.loss = losses.get(self.recipe.loss if loss == "auto" else loss)
        self.penalties = tuple(penalties)
        self.augment = augment
        pair = OptimizerPair(
            _optimizer(generator_optimizer, self.recipe.generator_optimizer, self.generator),
            _optimizer(
                discriminator_optimizer, self.recipe.discriminator_optimizer, self.discriminator
            ),
        )
        pair.build_pair(self.generator.trainable_variables, self.discriminator.trainable_variables)
        super().compile(
            optimizer=pair,
            jit_compile=backend.prefers_jit_compile() if jit_compile == "auto" else jit_compile,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            auto_scale_loss=False,
        )
        self._trackers = {name: keras.metrics.Mean(name) for name in self._log_names()}

    def fit(self, x=None, y=None, batch_size=None, epochs=1, verbose="auto", callbacks=None, **kwargs):
        """Trains, as `keras.Model.fit`.

        Adds two callbacks of `keras_san.callbacks`: `Throughput`, for `images_per_second` in the
        logs, and `TrainingHealth`, which stops at a loss that is not finite.

        Args:
            x: images as an array, a `tf.data.Dataset`, a torch `DataLoader`, a
                `keras.utils.PyDataset` or a generator, which yield images or `(images, labels)`.
            y: labels `(count,)`, with an array of images only.
            batch_size: int, of arrays.
            epochs: int.
            verbose: of `keras.Model.fit`.
            callbacks: list of `keras.callbacks.Callback`.
            **kwargs: the further arguments of `keras.Model.fit`.

        Returns:
            A `keras.callbacks.History`.

        Raises:
            ValueError: if an array has another shape or range than the model's, or labels are
                missing or out of range.
        """
        from keras_san.callbacks.throughput import Throughput
        from keras_san.callbacks.training_health import TrainingHealth

        model_inputs.check_arrays(x, y, self.image_shape, self.num_classes)
        if not isinstance(callbacks, keras.callbacks.CallbackList):
            given = callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
            given = [callback for callback in given if callback is not None]
            added = [
                kind() for kind in (Throughput, TrainingHealth)
                if not any(isinstance(callback, kind) for callback in given)
            ]
            callbacks = [*added, *given]
        return super().fit(
            x, y, batch_size, epochs, verbose=verbose, callbacks=callbacks, **kwargs
        )

    def update(self, images, labels=None):
        """The training step: `discriminator_steps` updates, one of the generator, the average.

        Args:
            images: tensor of one batch; see the class for shape and range.
            labels: tensor of integers `(batch,)`, of a conditional model.

        Returns:
            Dict of scalars: the running means of the epoch, and `images_seen`.
        """
        images, labels = self._prepare(images, labels)
        batch_size = ops.shape(images)[0]
        part = batch_size // self.discriminator_steps
        for index in range(self.discriminator_steps):
            rows = slice(index * part, (index + 1) * part)
            self._log(self._update_discriminator(images[rows], _rows(labels, rows)))
        rows = slice(0, part)
        self._log(self._update_generator(part, _rows(labels, rows)))
        decay = self.ema.decay(batch_size, self.images_seen)
        self.ema.update(self.generator_ema, self.generator, decay)
        self.images_seen.assign_add(ops.cast(batch_size, "int32"))
        return self._logs()

    def assess(self, images, labels=None):
        """The evaluation step: both losses on held-out images against the averaged generator."""
        images, labels = self._prepare(images, labels)
        fake = self._generate(self.generator_ema, ops.shape(images)[0], labels, training=False)
        real_scores, fake_scores, cosine = self._compare(images, fake, labels, training=False)
        _, logs = self._discriminator_loss(real_scores, fake_scores)
        generator_loss = sum(self.loss.generator(fun) for fun, _ in fake_scores)
        self._log(logs | {"generator_loss": generator_loss} | cosine)
        return self._logs()

    def _update_discriminator(self, real, labels):
        fake = backend.detached(
            lambda: self._generate(self.generator, ops.shape(real)[0], labels, training=True)
        )

        def loss_fn():
            real_scores, fake_scores, cosine = self._compare(real, fake, labels, training=True)
            loss, logs = self._discriminator_loss(real_scores, fake_scores)
            for penalty in self.penalties:
                term = penalty(self._scorer(labels), real, fake, seed=self.seed_generator)
                loss, logs[penalty.name] = loss + term, term
            return loss, logs | cosine

        return backend.minimize(
            loss_fn,
            self.discriminator.trainable_variables,
            self.optimizer.discriminator,
            frozen=self.generator.variables,
        )

    def _update_generator(self, count, labels):
        def loss_fn():
            fake = self._generate(self.generator, count, labels, training=True)
            scores, _ = self._score(fake, labels, training=True)
            loss = sum(self.loss.generator(fun) for fun, _ in scores)
            return loss, {"generator_loss": loss}

        return backend.minimize(
            loss_fn,
            self.generator.trainable_variables,
            self.optimizer.generator,
            frozen=self.discriminator.variables,
        )

    def _discriminator_loss(self, real_scores, fake_scores):
        """The loss over all outputs, and its terms for the logs."""
        value = direction = 0.0
        for (real, real_direction), (fake, fake_direction) in zip(
            real_scores, fake_scores, strict=True
        ):
            value += self.loss.discriminator(real, fake)
            if real_direction is not None:
                direction += self.loss.direction(real_direction, fake_direction)
        logs = {"discriminator_loss": value}
        if real_direction is not None:
            logs["direction_loss"] = direction
        logs["real_score"] = sum(ops.mean(real) for real, _ in real_scores)
        logs["fake_score"] = sum(ops.mean(fake) for fake, _ in fake_scores)
        return value + self.direction_weight * direction, logs

    def _compare(self, real, fake, labels, training):
        """Scores of real and fake images, and the direction's cosine where there is a head.

        Both go through the discriminator at once, unless a layer of it (batch normalisation)
        would mix their statistics.
        """
        if self._couples_samples:
            real_scores, real_features = self._score(real, labels, training)
            fake_scores, fake_features = self._score(fake, labels, training)
        else:
            both = ops.concatenate([real, ops.cast(fake, real.dtype)])
            both_labels = None if labels is None else ops.concatenate([labels, labels])
            scores, features = self._score(both, both_labels, training)
            halves = [[_halves(tensor) for tensor in pair] for pair in scores]
            real_scores, fake_scores = (
                [tuple(half[side] for half in pair) for pair in halves] for side in (0, 1)
            )
            real_features, fake_features = _halves(features)
        if real_features is None:
            return real_scores, fake_scores, {}
        cosine = direction_cosine(
            self.discriminator.head,
            ops.stop_gradient(real_features),
            ops.stop_gradient(fake_features),
            labels,
        )
        return real_scores, fake_scores, {"direction_cosine": ops.stop_gradient(cosine)}

    def _score(self, images, labels, training):
        """`([(fun, dir), ...], features)`: one pair an output; no `dir` without a SAN head."""
        if self.augment is not None:
            images = self.augment(images)
        inputs = [images, labels] if self.num_classes else images
        features = None
        if isinstance(self.discriminator, Discriminator):
            features = self.discriminator.features(inputs, training=training)
            outputs = self.discriminator.score_features(
                features, labels, direction_pair=self.discriminator.has_direction
            )
        elif self._has_direction():
            outputs = self.discriminator(inputs, training=training, direction_pair=True)
        else:
            outputs = self.discriminator(inputs, training=training)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        pairs = [output if isinstance(output, tuple) else (output, None) for output in outputs]
        return [tuple(_float32(tensor) for tensor in pair) for pair in pairs], features

    def _scorer(self, labels):
        """The discriminator as a function of images to its summed `fun` scores, for penalties."""

        def score(images):
            scores, _ = self._score(images, labels, training=True)
            return sum(ops.sum(ops.reshape(fun, (ops.shape(fun)[0], -1)), 1) for fun, _ in scores)

        return score

    def _generate(self, generator, count, labels, training):
        inputs = self.sample_latents(count)
        if self.num_classes:
            inputs = [inputs, labels]
        return _float32(generator(inputs, training=training))

    def sample_latents(self, count):
        """The latents of one update, tensor `(count, latent_dim)`, standard normal."""
        return keras.random.normal((count, self.latent_dim), seed=self.seed_generator)

    def _prepare(self, images, labels):
        return model_inputs.prepare(
            images, labels, self.image_shape, self.num_classes, self.discriminator_steps
        )

    def _has_direction(self):
        return bool(getattr(self.discriminator, "has_direction", False))

    # Logs -------------------------------------------------------------------------------------

    def _log_names(self):
        names = ["discriminator_loss"]
        if self._has_direction():
            names.append("direction_loss")
        names += [penalty.name for penalty in self.penalties]
        names += ["generator_loss", "real_score", "fake_score"]
        if isinstance(self.discriminator, Discriminator):
            names.append("direction_cosine")
        return names

    def _log(self, values):
        for name, value in values.items():
            self._trackers[name].update_state(value)

    def _logs(self):
        logs = {name: tracker.result() for name, tracker in self._trackers.items()}
        return logs | {"images_seen": ops.convert_to_tensor(self.images_seen)}

    @property
    def metrics(self):
        """The running means of the logs."""
        return list(self._trackers.values())

    # Use --------------------------------------------------------------------------------------

    def call(self, inputs, training=None):
        """Images of the averaged generator; see the class."""
        return self.generator_ema(inputs, training=False)

    def generate(
        self, count=None, seeds=None, labels=None, seed=0, truncation=1.0, batch_size=64
    ):
        """Images of the averaged generator, one a seed.

        The latents come from NumPy, so that a seed gives the same image on every backend and in
        a batch of any size.

        Args:
            count: int, number of images; their seeds are `seed, seed + 1, ...`.
            seeds: sequence of integers, in place of `count`.
            labels: int or sequence of integers, one an image, of a conditional model. Drawn from
                the seeds if None. Defaults to `None`.
            seed: int, the first seed with `count`. Defaults to `0`.
            truncation: float in `(0, 1]`, see `keras_san.sampling.latents`. Defaults to `1.0`.
            batch_size: int. Defaults to `64`.

        Returns:
            Array `(count, height, width, channels)` of uint8.

        Raises:
            ValueError: if neither or both of `count` and `seeds` are given, or labels do not fit.

        Example:
        ```python
        import keras_san

        model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
        model.generate(seeds=[3, 14, 15]).shape  # (3, 32, 32, 3)
        ```
        """
        if (count is None) == (seeds is None):
            raise ValueError(
                "Give either `count` or `seeds`. "
                f"Received: count={count!r}, seeds={'None' if seeds is None else 'given'}"
            )
        seeds = list(range(seed, seed + count)) if seeds is None else list(seeds)
        inputs = [latents(seeds, self.latent_dim, truncation)]
        if self.num_classes:
            drawn = random_labels(seeds, self.num_classes) if labels is None else labels
            inputs.append(model_inputs.check_labels(drawn, len(seeds), self.num_classes))
        elif labels is not None:
            raise ValueError("This model is unconditional: `labels` must be None.")
        images = self._in_batches("generator_ema", inputs, batch_size, self.image_shape)
        return np.clip(np.rint((images + 1.0) * 127.5), 0, 255).astype("uint8")

    def score(self, images, labels=None, batch_size=64):
        """The discriminator's scores, mean over positions and sum over outputs.

        Args:
            images: array `(count, height, width, channels)`, uint8 or float in `[-1, 1]`.
            labels: int or sequence of integers, of a conditional model.
            batch_size: int. Defaults to `64`.

        Returns:
            Array `(count,)` of float32; the higher, the more real to the discriminator.

        Raises:
            ValueError: if images or labels do not fit the model.

        Example:
        ```python
        import keras_san

        model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
        model.score(model.generate(4)).shape  # (4,)
        ```
        """
        images = np.asarray(images)
        model_inputs.check_arrays(images, None, self.image_shape, 0)
        inputs = [model_inputs.scaled(images)]
        if self.num_classes:
            inputs.append(model_inputs.check_labels(labels, len(images), self.num_classes))
        return self._in_batches("discriminator", inputs, batch_size, ())

    def _in_batches(self, network, inputs, batch_size, output_shape):
        """Runs a compiled network over arrays; all batches have one size, the last is padded."""
        if network not in self._compiled_functions:
            self._compiled_functions[network] = backend.compiled(getattr(self, network))
        function = self._compiled_functions[network]
        count = len(inputs[0])
        batch_size = max(1, min(batch_size, count))
        outputs = np.empty((count, *output_shape), "float32")
        for start in range(0, count, batch_size):
            rows = [array[start : start + batch_size] for array in inputs]
            size = len(rows[0])
            rows = [np.concatenate([r, np.repeat(r[-1:], batch_size - size, 0)]) for r in rows]
            rows = [ops.convert_to_tensor(r) for r in rows]
            result = function(rows if len(rows) > 1 else rows[0])
            outputs[start : start + size] = _to_numpy(result, output_shape)[:size]
        return outputs

    def summary(self, **kwargs):
        """Prints both networks; the arguments are those of `keras.Model.summary`."""
        self.generator.summary(**kwargs)
        self.discriminator.summary(**kwargs)

    # Saving -----------------------------------------------------------------------------------

    @classmethod
    def from_preset(cls, preset, **kwargs):
        """A model with trained weights; see `keras_san.presets.load_preset`.

        Args:
            preset: built-in name, folder, run folder, or `hf://owner/name`.
            **kwargs: of `keras_san.presets.load_preset`.

        Example:
        ```python
        import keras_san

        model = keras_san.SANModel.from_preset("dcgan_fashion_mnist_32")
        images = model.generate(16, seed=0)
        ```
        """
        from keras_san.presets import load_preset

        return load_preset(preset, **kwargs)

    def save_preset(self, folder, **kwargs):
        """Writes weights, config and card to a folder; see `keras_san.presets.save_preset`."""
        from keras_san.presets import save_preset

        return save_preset(self, folder, **kwargs)

    def get_config(self):
        """The arguments of the constructor."""
        return {
            "name": self.name,
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "latent_dim": self.latent_dim,
            "num_classes": self.num_classes,
            "discriminator_steps": self.discriminator_steps,
            "direction_weight": self.direction_weight,
            "ema": keras.saving.serialize_keras_object(self.ema),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A model from what `get_config` gave."""
        parts = {
            name: keras.saving.deserialize_keras_object(config[name], custom_objects)
            for name in ("generator", "discriminator", "ema")
        }
        return cls(**(config | parts))

    def get_compile_config(self):
        """The arguments of `compile`, for saving."""
        if not self.compiled:
            return None
        return {
            "loss": keras.saving.serialize_keras_object(self.loss),
            "generator_optimizer": _optimizer_config(self.optimizer.generator),
            "discriminator_optimizer": _optimizer_config(self.optimizer.discriminator),
            "penalties": [keras.saving.serialize_keras_object(p) for p in self.penalties],
            "augment": self.augment and keras.saving.serialize_keras_object(self.augment),
            "jit_compile": self.jit_compile,
            "steps_per_execution": self.steps_per_execution,
        }

    def compile_from_config(self, config):
        """Compiles with what `get_compile_config` gave, on any backend."""
        deserialize = keras.saving.deserialize_keras_object
        self.compile(
            **config
            | {
                "loss": deserialize(config["loss"]),
                "penalties": [deserialize(penalty) for penalty in config["penalties"]],
                "augment": config["augment"] and deserialize(config["augment"]),
                "jit_compile": "auto",
            }
        )


def _copy(generator):
    """The same network with weights of its own, which the optimizers never see."""
    copy = type(generator).from_config(generator.get_config())
    # Through the host: a tensor shared with the original could not be donated to XLA twice.
    copy.set_weights(generator.get_weights())
    copy.trainable = False
    return copy


def _moving_average(ema, recipe):
    if ema == "auto":
        return MovingAverage(recipe.ema_half_life)
    if isinstance(ema, MovingAverage):
        return ema
    if isinstance(ema, (int, float)):
        return MovingAverage(float(ema))
    raise ValueError(
        "`ema` must be a `keras_san.models.MovingAverage`, a half-life in images or 'auto'. "
        f"Received: ema={ema!r}"
    )


def _optimizer(optimizer, default, network):
    if isinstance(optimizer, str) and optimizer == "auto":
        optimizer = default()
    optimizer = keras.optimizers.get(optimizer)
    scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    if not scaled and any(
        layer.dtype_policy.name == "mixed_float16" for layer in network._flatten_layers()
    ):
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def _optimizer_config(optimizer):
    """A config that names no backend's class: PyTorch's Keras optimizers have modules of their own."""
    config = optimizer.get_config()
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        config["inner_optimizer"] = _optimizer_config(optimizer.inner_optimizer)
    if type(optimizer).__module__.startswith("keras."):
        return {"class_name": type(optimizer).__name__, "config": config}
    return keras.optimizers.serialize(optimizer)


def _couples_samples(layer):
    return isinstance(layer, keras.layers.BatchNormalization) or getattr(
        layer, "couples_samples", False
    )


def _halves(tensor):
    return (None, None) if tensor is None else ops.split(tensor, 2, axis=0)


def _rows(tensor, rows):
    return None if tensor is None else tensor[rows]


def _float32(tensor):
    return None if tensor is None else ops.cast(tensor, "float32")


def _to_numpy(outputs, output_shape):
    """Images as they are; scores as one number an image."""
    outputs = outputs if isinstance(outputs, list) else [outputs]
    arrays = [ops.convert_to_numpy(ops.cast(output, "float32")) for output in outputs]
    if output_shape:
        return arrays[0]
    return sum(array.reshape(len(array), -1).mean(axis=1) for array in arrays)
