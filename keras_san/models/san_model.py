"""The GAN as a Keras model: one training step for three backends."""

import keras
from keras import ops

from keras_san import backend
from keras_san.models import inputs as model_inputs
from keras_san.models.generation import Generation
from keras_san.models.moving_average import MovingAverage
from keras_san.models.network_checks import check_networks, latent_dim_of
from keras_san.models.objective import Objective, ObjectiveState
from keras_san.models.optimizer_pair import make_pair
from keras_san.models.recipe import Recipe
from keras_san.models.regularization import refuse_activity_regularizers
from keras_san.models.saving import Saving
from keras_san.models.scorer import Scorer
from keras_san.models.single_batches import SingleBatches
from keras_san.models.step import Step
from keras_san.models.weight_clipping import clip_weights


@keras.saving.register_keras_serializable(package="keras_san")
class SANModel(Step, Generation, Saving, SingleBatches, backend.Trainer, keras.Model):
    """A generator and a discriminator that train each other.

    With a discriminator that has a SAN head (`keras_san.models.build(..., head="san")`, the
    default, or `keras_san.to_san`) it trains as a Slicing Adversarial Network; with any other as
    the ordinary GAN of the same objective.

    A batch is images, or `(images, labels)`: uint8 in `[0, 255]` or float in `[-1, 1]`, shape
    `(batch, height, width, channels)`. With `discriminator_steps=k` a step splits its batch into
    `k` parts, one a discriminator update, and then updates the generator once on as many images.
    Regularizers of weights join the loss of their network.

    Args:
        generator: `keras.Model` of latents, or of `[latents, labels]`, to images in `[-1, 1]`.
        discriminator: `keras.Model` of images, or of `[images, labels]`, to scores; several
            outputs (a list or tuple) are scored each and their losses summed.
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
        check_networks(generator, discriminator, num_classes)
        recipes = (getattr(network, "recipe", None) for network in (discriminator, generator))
        self.recipe = next(filter(None, recipes), Recipe())
        self.generator = generator
        self.discriminator = discriminator
        self.generator_ema = _copy(generator)
        self.latent_dim = latent_dim_of(generator, latent_dim)
        self.image_shape = tuple(generator.output_shape[1:])
        self.num_classes = num_classes
        self.discriminator_steps = (
            self.recipe.discriminator_steps
            if discriminator_steps == "auto"
            else discriminator_steps
        )
        if not isinstance(self.discriminator_steps, int) or self.discriminator_steps < 1:
            raise ValueError(
                "`discriminator_steps` must be a positive integer or 'auto'. Received: "
                f"{discriminator_steps!r}"
            )
        self.direction_weight = direction_weight
        self.ema = _moving_average(ema, self.recipe)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.images_seen = self.add_weight(
            name="images_seen", shape=(), dtype="int32", initializer="zeros", trainable=False
        )
        self.frozen_discriminator_layers = 0
        self.objective_state = ObjectiveState()
        self._scorer = Scorer(discriminator, bool(num_classes))
        self._compiled_functions = {}
        self._trackers = {}
        self.built = True

    # Training ---------------------------------------------------------------------------------

    def compile(
        self,
        loss="auto",
        generator_optimizer="auto",
        discriminator_optimizer="auto",
        penalties="auto",
        augment="auto",
        scheme=None,
        jit_compile="auto",
        run_eagerly=False,
        steps_per_execution=1,
    ):
        """Sets what the players minimise and how.

        Args:
            loss: name or object of `keras_san.losses`, or `"auto"` for the architecture's.
            generator_optimizer: `keras.optimizers.Optimizer`, its name, or `"auto"`.
            discriminator_optimizer: the same for the discriminator; another object.
            penalties: sequence of `keras_san.penalties.Penalty` or of strings such as
                `"r1:10:16"`, added to the players' losses, or `"auto"` for the architecture's.
            augment: name or object of `keras_san.augment`, a differentiable function or layer of
                images in `[-1, 1]`, or several, of all that the discriminator sees; None for
                none, or `"auto"` for the architecture's. Defaults to `"auto"`.
            scheme: `keras_san.models.TrainingScheme`: top-k, accumulation, learning-rate decay
                and the like. Defaults to `None`.
            jit_compile: bool, or `"auto"` for what is fast on the backend and device at hand:
                XLA always on JAX, on GPU and TPU on TensorFlow. On PyTorch `"auto"` is False and
                True is `torch.compile` of the training step; where that fails, a warning says so
                and training goes on eagerly.
            run_eagerly: bool, of `keras.Model.compile`.
            steps_per_execution: int, of `keras.Model.compile`.

        Raises:
            ValueError: if a part is unknown, parts do not fit, or both players share an optimizer.

        Example:
        ```python
        import keras
        import keras_san

        model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
        model.compile(loss="non_saturating", generator_optimizer=keras.optimizers.Adam(1e-4))
        ```
        """
        self.objective = Objective(
            self.recipe.loss if loss == "auto" else loss,
            self._default_penalties() if penalties == "auto" else penalties,
            getattr(self.recipe, "augment", ()) if augment == "auto" else augment,
            scheme,
            self.direction_weight,
            self.discriminator,
        )
        self.objective_state.objective = self.objective
        self._scorer = Scorer(
            self.discriminator,
            bool(self.num_classes),
            self.objective.augment,
            self.seed_generator,
        )
        refuse_activity_regularizers(self.generator, self.discriminator)
        clip_weights(self.discriminator, self.objective.scheme.weight_clip)
        pair = make_pair(self, generator_optimizer, discriminator_optimizer)
        backend.lay_out([*self.variables, *pair.variables])
        if jit_compile == "auto":
            jit_compile = backend.prefers_jit_compile() and not run_eagerly
        super().compile(
            optimizer=pair,
            jit_compile=jit_compile,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            auto_scale_loss=False,
        )
        self._trackers = {name: keras.metrics.Mean(name) for name in self._log_names()}

    def fit(
        self, x=None, y=None, batch_size=None, epochs=1, verbose="auto", callbacks=None, **kwargs
    ):
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
            ValueError: if images have another shape or range than the model's (of a data set, the
                first), labels are missing or out of range, or there are weights of samples.
        """
        from keras_san.callbacks.throughput import Throughput
        from keras_san.callbacks.training_health import TrainingHealth

        if not self.compiled:
            raise ValueError("The model has no loss or optimizers yet: call `model.compile()`.")
        takes = (self.image_shape, self.num_classes)
        x, y = model_inputs.checked(x, y, *takes)
        if kwargs.get("validation_data") is not None:
            kwargs["validation_data"] = model_inputs.held_out(kwargs["validation_data"], *takes)
        self.optimizer.check_trainable(self)
        backend.refuse_silent_distribution()
        backend.synchronize([*self.variables, *self.optimizer.variables])
        x = model_inputs.check_stream(model_inputs.in_tuples(x), self.num_classes)
        x = model_inputs.share_of_process(x, self.discriminator_steps)
        needs = backend.batch_needs(self, self._parts())
        model_inputs.check_batches(x, batch_size or 32, needs, kwargs.get("validation_split"))
        if not isinstance(callbacks, keras.callbacks.CallbackList):
            given = callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
            given = [callback for callback in given if callback is not None]
            added = [
                kind()
                for kind in (Throughput, TrainingHealth)
                if not any(isinstance(callback, kind) for callback in given)
            ]
            callbacks = [*added, *given]
        if isinstance(x, keras.utils.PyDataset):
            # Keras would shuffle the order of the batches on top of the data set's own order.
            kwargs.setdefault("shuffle", False)
        kwargs |= dict(batch_size=batch_size, epochs=epochs, verbose=verbose, callbacks=callbacks)
        try:
            return super().fit(x, y, **kwargs)
        except Exception as error:
            # TensorFlow hides what a data set raised in a graph's error.
            failure = getattr(x, "failure", None) or model_inputs.batch_too_small(error)
            if failure is None or failure is error:
                raise
            raise failure from error

    def evaluate(self, x=None, y=None, **kwargs):
        """Both players' losses on held-out images, as `keras.Model.evaluate`.

        Args:
            x: images, or a data set of them, as for `fit`.
            y: labels `(count,)`, with an array of images only.
            **kwargs: the further arguments of `keras.Model.evaluate`.

        Returns:
            A list of the means, or with `return_dict=True` a dict from name to mean.

        Raises:
            ValueError: if the batches have another shape or range than the model's, labels are
                missing, or there are weights of samples.

        Example:
        ```python
        import numpy as np
        import keras_san

        model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
        model.compile()
        images = np.random.randint(0, 256, (8, 32, 32, 3), "uint8")
        model.evaluate(images, verbose=0, return_dict=True)["discriminator_loss"]
        ```
        """
        x, y = model_inputs.checked(x, y, self.image_shape, self.num_classes)
        model_inputs.check_batches(x, kwargs.get("batch_size") or 32, backend.batch_needs(self, 1))
        x = model_inputs.in_tuples(x)
        # What `fit` gives it was looked at when it began.
        if not kwargs.get("_use_cached_eval_dataset"):
            x = model_inputs.check_stream(x, self.num_classes)
        return super().evaluate(x, y, **kwargs)

    def _default_penalties(self):
        """The architecture's, and the terms of AC-GAN where the discriminator tells classes."""
        classes = ("class_likelihood",) if self._scorer.class_logits is not None else ()
        return (*getattr(self.recipe, "penalties", ()), *classes)

    @property
    def loss(self):
        """The objective that `compile` was given; None before."""
        return self._of_objective("loss")

    @loss.setter
    def loss(self, value):
        """Nothing: Keras's `compile` sets its own loss, which is None here."""

    @property
    def penalties(self):
        """The penalties that `compile` was given, a tuple."""
        return self._of_objective("penalties")

    @property
    def augment(self):
        """The augmentation that `compile` was given, or None."""
        return self._of_objective("augment")

    def _of_objective(self, name):
        return getattr(self.objective_state.objective, name, None)

    def _generate(self, generator, latents, labels, training):
        inputs = [latents, labels] if self.num_classes else latents
        return ops.cast(generator(inputs, training=training), "float32")

    def sample_latents(self, count):
        """The latents of one update, tensor `(count, latent_dim)`, standard normal.

        Each of several replicas takes its rows of what one would draw for all of them.
        """
        return backend.own_rows(
            lambda rows: keras.random.normal((rows, self.latent_dim), seed=self.seed_generator),
            count,
        )

    def _parts(self):
        """The least images of a batch: one for every part of every discriminator update."""
        return self.discriminator_steps * self.objective.scheme.accumulation

    def _prepare(self, images, labels, parts=1):
        return model_inputs.prepare(images, labels, self.image_shape, self.num_classes, parts)

    # Logs -------------------------------------------------------------------------------------

    def _log_names(self):
        cosine = ["direction_cosine"] if self._scorer.has_cosine else []
        return self.objective.log_names(self._scorer.has_direction) + cosine

    def _log(self, values):
        for name, value in values.items():
            self._trackers[name].update_state(value)

    def _logs(self):
        logs = {name: tracker.result() for name, tracker in self._trackers.items()}
        if backend.replica_count() > 1:
            means = ops.unstack(backend.all_mean(ops.stack([*logs.values()])))
            logs = dict(zip(logs, means, strict=True))
        return logs | {"images_seen": ops.convert_to_tensor(self.images_seen)}

    @property
    def metrics(self):
        """The running means of the logs."""
        return list(self._trackers.values())

    # Use --------------------------------------------------------------------------------------

    def call(self, inputs, training=None):
        """Images of the averaged generator; see the class."""
        return self.generator_ema(inputs, training=False)

    def summary(self, **kwargs):
        """Prints both networks; the arguments are those of `keras.Model.summary`."""
        self.generator.summary(**kwargs)
        self.discriminator.summary(**kwargs)


def _copy(generator):
    """The same network with weights of its own, which the optimizers never see."""
    # Keras's own kinds also with layers that no file could name.
    is_plain = type(generator).__module__.startswith("keras.")
    clone = keras.models.clone_model if is_plain else lambda x: type(x).from_config(x.get_config())
    copy = clone(generator)
    # Through the host: a tensor shared with the original could not be donated to XLA twice.
    copy.set_weights(generator.get_weights())
    copy.trainable = False
    return copy


def _moving_average(ema, recipe):
    if ema == "auto":
        return recipe.moving_average()
    if isinstance(ema, MovingAverage):
        return ema
    if isinstance(ema, (int, float)):
        return MovingAverage(float(ema))
    raise ValueError(
        "`ema` must be a `keras_san.models.MovingAverage`, a half-life in images or 'auto'. "
        f"Received: ema={ema!r}"
    )
