"""Both players' optimizers as the one optimizer that Keras sees."""

import keras

from keras_san.models.warm_up import WarmUp


@keras.saving.register_keras_serializable(package="keras_san")
class OptimizerPair(keras.optimizers.Optimizer):
    """Holds the optimizers of generator and discriminator; `SANModel.compile` makes it.

    Keras saves, restores, backs up and (on JAX) carries the state of `model.optimizer`: as the
    variables of this one are those of both, nothing of either is forgotten.

    Args:
        generator: `keras.optimizers.Optimizer`.
        discriminator: another one.
        name: string. Defaults to `"optimizer_pair"`.

    Example:
    ```python
    import keras_san

    model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
    model.compile()
    model.optimizer.generator.learning_rate = 1e-4
    ```
    """

    def __init__(self, generator, discriminator, name="optimizer_pair"):
        super().__init__(learning_rate=0.0, name=name)
        if generator is discriminator:
            raise ValueError(
                "Generator and discriminator need an optimizer each: the same object was given "
                f"for both ({generator!r}). Make a second one with the same arguments."
            )
        self.generator = generator
        self.discriminator = discriminator

    def schedule(self, scheme, discriminator_steps):
        """Gives both learning rates the course of a `TrainingScheme`, once for good."""
        course = (scheme.decay_steps, scheme.warm_up_steps, discriminator_steps)
        for optimizer in (self.generator, self.discriminator):
            before = getattr(optimizer, "_san_course", course)
            if before != course and (any(before[:2]) or any(course[:2])):
                raise ValueError(
                    "An optimizer keeps the learning rate that an earlier `compile` made of "
                    f"decay_steps={before[0]} and warm_up_steps={before[1]}: give a new optimizer "
                    f"with decay_steps={course[0]} and warm_up_steps={course[1]}."
                )
            optimizer._san_course = course
        self.decay(scheme.decay_steps, discriminator_steps)
        self.warm_up(scheme.warm_up_steps)

    def decay(self, steps, discriminator_steps):
        """Lets both learning rates fall to zero in so many steps; None leaves them constant.

        An optimizer with a schedule of its own keeps it.
        """
        if steps is None:
            return
        for optimizer, updates in ((self.generator, 1), (self.discriminator, discriminator_steps)):
            optimizer = getattr(optimizer, "inner_optimizer", optimizer)
            if isinstance(optimizer._learning_rate, keras.Variable):
                rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
                optimizer.learning_rate = keras.optimizers.schedules.PolynomialDecay(
                    rate, steps * updates, end_learning_rate=0.0
                )

    def warm_up(self, steps):
        """Lets the discriminator's learning rate rise from zero in so many of its updates."""
        optimizer = getattr(self.discriminator, "inner_optimizer", self.discriminator)
        rate = optimizer._learning_rate
        if not steps or isinstance(rate, WarmUp):
            return
        if isinstance(rate, keras.Variable):
            rate = float(keras.ops.convert_to_numpy(rate))
        optimizer.learning_rate = WarmUp(rate, steps)

    def build_pair(self, generator_variables, discriminator_variables):
        """Creates the state of both optimizers.

        Raises:
            ValueError: if one has a state already, of other variables than these.
        """
        for name, optimizer, variables in (
            ("generator", self.generator, generator_variables),
            ("discriminator", self.discriminator, discriminator_variables),
        ):
            if optimizer.built and not self._is_of(optimizer, variables):
                raise ValueError(
                    f"The optimizer of the {name} was built for other weights: those of another "
                    "model, or of this one before layers were frozen or unfrozen. Give a new "
                    f"optimizer, `{type(optimizer).__name__}(...)`."
                )
            optimizer.build(variables)
        self.built = True

    def check_trainable(self, model):
        """Raises a `ValueError` where layers were frozen or unfrozen since `compile`."""
        for name in ("generator", "discriminator"):
            if not self._is_of(getattr(self, name), getattr(model, name).trainable_variables):
                raise ValueError(
                    f"Layers of the {name} were frozen or unfrozen since `compile`, which its "
                    "optimizer would not follow. Compile again, with a new optimizer."
                )

    def _is_of(self, optimizer, variables):
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        return list(map(id, optimizer._trainable_variables)) == list(map(id, variables))

    @property
    def variables(self):
        """The variables of both optimizers, the generator's first."""
        return [*self.generator.variables, *self.discriminator.variables]

    @property
    def iterations(self):
        """How many updates the generator made."""
        return self.generator.iterations

    @property
    def learning_rate(self):
        """The generator's learning rate; setting it scales both by the same factor."""
        return self.generator.learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        for name in ("generator", "discriminator"):
            optimizer = getattr(self, name)
            rate = getattr(optimizer, "inner_optimizer", optimizer)._learning_rate
            if not isinstance(rate, keras.Variable):
                raise ValueError(
                    f"The learning rate of the {name} follows a {type(rate).__name__}, of its own "
                    "or from `decay_steps` or `warm_up_steps` of the TrainingScheme, so that no "
                    "callback can set it. Leave out the one or the other."
                )
        generator, discriminator = (
            float(keras.ops.convert_to_numpy(optimizer.learning_rate))
            for optimizer in (self.generator, self.discriminator)
        )
        if generator > 0.0:
            self._ratio = discriminator / generator
        self.generator.learning_rate = float(value)
        self.discriminator.learning_rate = float(value) * getattr(self, "_ratio", 1.0)

    def apply(self, grads, trainable_variables=None):
        """Refused: each player has its own update."""
        raise ValueError(
            "An `OptimizerPair` applies no gradients itself: call `apply` of its `generator` or "
            "`discriminator`."
        )

    def finalize_variable_values(self, var_list):
        """Lets both optimizers finish, as Keras asks at the end of `fit`."""
        for optimizer in (self.generator, self.discriminator):
            optimizer.finalize_variable_values(optimizer._trainable_variables)
            if optimizer.use_ema:
                # Weight and average are one array now, which JAX would donate twice.
                for average in optimizer._model_variables_moving_average:
                    average.assign(keras.ops.copy(average.value))

    def save_own_variables(self, store):
        """Nothing: Keras saves the two optimizers as parts of this one."""

    def load_own_variables(self, store):
        """Nothing: Keras loads the two optimizers as parts of this one."""

    def get_config(self):
        """The arguments of the constructor."""
        return {
            "generator": keras.optimizers.serialize(self.generator),
            "discriminator": keras.optimizers.serialize(self.discriminator),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A pair from what `get_config` gave."""
        players = ("generator", "discriminator")
        return cls(
            **{
                name: keras.optimizers.deserialize(config[name], custom_objects) for name in players
            },
            name=config["name"],
        )


def make_pair(model, generator, discriminator):
    """The optimizers of a model that has its objective, with their courses and their state."""
    pair = OptimizerPair(
        make_optimizer(generator, model.recipe.generator_optimizer, model.generator),
        make_optimizer(discriminator, model.recipe.discriminator_optimizer, model.discriminator),
    )
    pair.schedule(model.objective.scheme, model.discriminator_steps)
    pair.build_pair(model.generator.trainable_variables, model.discriminator.trainable_variables)
    return pair


def make_optimizer(optimizer, default, network):
    """The optimizer of a network: the given one, or `default()` for "auto"; scaled for float16."""
    if isinstance(optimizer, str) and optimizer == "auto":
        optimizer = default()
    optimizer = keras.optimizers.get(optimizer)
    scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    if not scaled and any(
        layer.dtype_policy.name == "mixed_float16" for layer in network._flatten_layers()
    ):
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def optimizer_config(optimizer):
    """A config of an optimizer that names no backend's class, as Keras's own does on PyTorch."""
    config = optimizer.get_config()
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        config["inner_optimizer"] = optimizer_config(optimizer.inner_optimizer)
    if type(optimizer).__module__.startswith("keras."):
        # Without the module a LossScaleOptimizer does not find what it holds.
        names = {"module": "keras.optimizers", "class_name": type(optimizer).__name__}
        return names | {"config": config, "registered_name": None}
    return keras.optimizers.serialize(optimizer)
