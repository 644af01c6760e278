"""What the two players minimise: loss, penalties, augmentation and scheme as one."""

import collections

import keras
from keras import ops

from keras_san import augment as augmentations
from keras_san import backend, losses
from keras_san import penalties as penalty_registry
from keras_san.models.training_scheme import TrainingScheme
from keras_san.penalties.penalty import Penalty
from keras_san.penalties.update import summed

# What the step logs of itself.
_LOGS = ("discriminator_loss", "direction_loss", "generator_loss", "real_score", "fake_score")


class Objective:
    """The terms of both players' losses, and the state that they keep.

    Args:
        loss: name or object of `keras_san.losses`.
        penalties: sequence of what `keras_san.penalties.get` takes.
        augment: what `keras_san.augment.get` takes.
        scheme: `TrainingScheme`, or None for the default.
        direction_weight: float, the paper's lambda.
        discriminator: the network, which some losses ask for a kind of head.

    Raises:
        ValueError: if a part is unknown, two penalties share a name, or parts do not fit.
    """

    def __init__(self, loss, penalties, augment, scheme, direction_weight, discriminator):
        self.loss = losses.get(loss)
        if penalties is None or isinstance(penalties, (str, Penalty)):
            penalties = () if penalties is None else (penalties,)
        self.penalties = tuple(penalty_registry.get(penalty) for penalty in penalties)
        self.augment = augmentations.get(augment)
        self.scheme = TrainingScheme() if scheme is None else scheme
        if not isinstance(self.scheme, TrainingScheme):
            raise ValueError(
                "`scheme` must be a `keras_san.models.TrainingScheme`, such as "
                f"`TrainingScheme(top_k=0.5)`. Received: {scheme!r}"
            )
        self.direction_weight = direction_weight
        for part in filter(None, (self.loss, self.augment, *self.penalties)):
            part.parts = self.scheme.accumulation
        self.needs_real = getattr(self.loss, "needs_real", False)
        self._check(discriminator)

    def _check(self, discriminator):
        names = self.penalty_names()
        if len({*names, *_LOGS}) < len(names) + len(_LOGS):
            raise ValueError(
                f"Each penalty needs a name of its own in the logs. Received: {names}. Give one "
                "with `name=...`."
            )
        name, scheme = type(self.loss).__name__, self.scheme
        if scheme.label_noise and not getattr(self.loss, "takes_label_noise", False):
            raise ValueError(
                f"{name} has no targets to smooth or flip. Expected a loss without margin: "
                "'non_saturating', 'saturating', 'least_squares' or 'lsgan'."
            )
        if scheme.top_k < 1.0 and (self.needs_real or not hasattr(self.loss, "generator_terms")):
            raise ValueError(
                f"`top_k` needs a generator loss of each image by itself, which {name} has not."
            )
        compares = getattr(discriminator, "compares_images", False)
        if compares != getattr(self.loss, "needs_reconstruction", False):
            raise ValueError(
                "The loss 'began' and a discriminator with head='auto_encoder' belong together. "
                f"Received: the loss {name} and a discriminator that "
                f"{'reconstructs' if compares else 'does not reconstruct'} images."
            )
        tells_classes = hasattr(getattr(discriminator, "head", None), "class_logits")
        if tells_classes and not any(
            isinstance(penalty, penalty_registry.ClassLikelihood) for penalty in self.penalties
        ):
            raise ValueError(
                "The discriminator tells classes, but nothing trains it to: add "
                "'class_likelihood' to `penalties`."
            )

    @property
    def variables(self):
        """The state of loss, penalties and augmentation, a list of variables."""
        parts = [self.loss, *self.penalties, *([] if self.augment is None else [self.augment])]
        found = [variable for part in parts for variable in getattr(part, "variables", ())]
        return list({id(variable): variable for variable in found}.values())

    @property
    def frozen_variables(self):
        """Weights of the frozen networks that penalties ask, which no file holds."""
        return [variable for penalty in self.penalties for variable in penalty.frozen_variables]

    def penalty_names(self):
        """The names of the penalties in the logs."""
        return [
            penalty.log_name(player)
            for penalty in self.penalties
            for player in ("discriminator", "generator")
            if penalty.acts_on(player)
        ]

    def log_names(self, has_direction):
        """The names of all logs of the step."""
        adaptive = [*getattr(self.loss, "log_names", ())]
        adaptive += [] if self.augment is None else self.augment.log_names
        return [*_LOGS[: 1 + has_direction], *self.penalty_names(), *_LOGS[2:], *adaptive]

    def discriminator(self, real_scores, fake_scores, seed=None):
        """The discriminator's and the direction's loss, and its parts as logs.

        Each output's is a mean over the batch and its positions; they are summed.
        """
        value = direction = 0.0
        has_direction = any(direction is not None for _, direction in real_scores)
        for (real, real_direction), (fake, fake_direction) in zip(
            real_scores, fake_scores, strict=True
        ):
            value += self._discriminator_loss(real, fake, seed)
            if real_direction is not None:
                direction += self.loss.direction(real_direction, fake_direction)
        logs = {"discriminator_loss": value}
        if has_direction:
            logs["direction_loss"] = direction
        logs["real_score"] = sum(ops.mean(real) for real, _ in real_scores)
        logs["fake_score"] = sum(ops.mean(fake) for fake, _ in fake_scores)
        return value + self.direction_weight * direction, logs

    def generator(self, fake_scores, real_scores=None, images_seen=None):
        """The generator's loss over all outputs; the best of a batch alone with `top_k`."""
        if self.needs_real:
            pairs = zip(fake_scores, real_scores, strict=True)
            return sum(self.loss.generator(fake, real) for (fake, _), (real, _) in pairs)
        if self.scheme.top_k == 1.0 or images_seen is None:
            return sum(self.loss.generator(fake) for fake, _ in fake_scores)
        kept = self._best(summed(fake_scores), images_seen)
        return sum(_weighted_mean(self.loss.generator_terms(fake), kept) for fake, _ in fake_scores)

    def penalty_terms(self, update):
        """The sum of the terms that join this player's loss, and each as a log."""
        total, logs = 0.0, {}
        for penalty in self.penalties:
            if penalty.acts_on(update.player):
                term = ops.cast(_lazy_term(penalty, update), "float32")
                total, logs[penalty.log_name(update.player)] = total + term, term
        return total, logs

    def observe(self, real_scores, fake_scores):
        """Moves the state of loss and augmentation after a discriminator update's scores."""
        logs = {}
        if self.augment is not None:
            logs |= self.augment.observe(summed(real_scores))
        if hasattr(self.loss, "observe"):
            logs |= self.loss.observe(summed(real_scores), summed(fake_scores))
        return logs

    def _discriminator_loss(self, real, fake, seed):
        if seed is None or not self.scheme.label_noise:
            return self.loss.discriminator(real, fake)
        return ops.mean(
            self._noisy(self.loss.real_terms, self.loss.fake_terms, real, seed, smooth=True)
        ) + ops.mean(self._noisy(self.loss.fake_terms, self.loss.real_terms, fake, seed))

    def _noisy(self, right, wrong, scores, seed, smooth=False):
        """The terms of scores with some of their labels flipped, and smoothed."""
        terms, other = right(scores), wrong(scores)
        if smooth:
            smoothing = self.scheme.label_smoothing
            terms = (1.0 - smoothing) * terms + smoothing * other
        if not self.scheme.label_flipping:
            return terms
        ones = [1] * (len(scores.shape) - 1)
        draws = backend.own_rows(
            lambda rows: keras.random.uniform((rows, *ones), seed=seed), ops.shape(scores)[0]
        )
        return ops.where(draws < self.scheme.label_flipping, other, terms)

    def _best(self, scores, images_seen):
        """One for the best scores of the batch, zero for the others, `(batch,)`."""
        share = self.scheme.top_k
        if self.scheme.top_k_images:
            passed = ops.cast(images_seen, "float32") / float(self.scheme.top_k_images)
            share = 1.0 - (1.0 - share) * ops.minimum(passed, 1.0)
        count = ops.cast(ops.shape(scores)[0], "float32")
        ranks = ops.argsort(ops.argsort(-ops.stop_gradient(scores)))
        return ops.cast(ops.cast(ranks, "float32") < ops.maximum(share * count, 1.0), "float32")


class ObjectiveState(keras.layers.Layer):
    """Shows Keras the variables of an objective, which saves, restores and carries them then.

    `SANModel` holds one for good and exchanges what it looks at: a layer that was tracked once
    cannot be forgotten.
    """

    def __init__(self):
        super().__init__(name="objective_state", trainable=False)
        self.objective = None
        self.built = True

    @property
    def variables(self):
        """The state of the objective, and the frozen networks that it asks."""
        return [*self.weights, *(self.objective.frozen_variables if self.objective else ())]

    @property
    def weights(self):
        """The state of the objective."""
        return [] if self.objective is None else self.objective.variables

    def save_own_variables(self, store):
        """Stores the state in its order."""
        for name, variable in self._named():
            store[name] = variable

    def load_own_variables(self, store):
        """Loads what `save_own_variables` stored."""
        stored = set(store.keys())
        for index, (name, variable) in enumerate(self._named()):
            # Files of older versions number the variables.
            key = name if name in stored else str(index)
            if key in stored and (key == name or len(stored) == len(self.weights)):
                variable.assign(store[key])

    def _named(self):
        counts = collections.Counter()
        for variable in self.weights:
            counts[variable.name] += 1
            yield f"{variable.name}_{counts[variable.name]}", variable


def _lazy_term(penalty, update):
    interval = getattr(penalty, "interval", 1)
    if interval == 1:
        return penalty.term(update)
    due = ops.equal(ops.mod(update.iteration, interval), 0)
    return backend.lazily(due, lambda: ops.cast(interval * penalty.term(update), "float32"))


def _weighted_mean(terms, weights):
    """The mean over the samples of weight one."""
    terms = ops.mean(ops.reshape(terms, (ops.shape(terms)[0], -1)), axis=1)
    return ops.sum(weights * terms) / ops.sum(weights)
