"""How the training step asks the discriminator."""

import functools
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_san import backend
from keras_san.backend.state_scope import without_state
from keras_san.layers.direction_cosine import direction_cosine, has_directions
from keras_san.models.discriminator import Discriminator
from keras_san.penalties.update import summed


class Comparison(NamedTuple):
    """Scores of real and generated images, and the head's inputs for them where they show."""

    real: list
    fake: list
    real_features: Any
    fake_features: Any


class Scorer:
    """Scores of a discriminator in one form, whatever the discriminator is.

    A score is a list with one `(fun, dir)` pair an output of the discriminator, in float32; `dir`
    is None where there is no SAN head.

    Args:
        discriminator: `keras_san.models.Discriminator` or any `keras.Model` with scores.
        conditional: bool, whether the discriminator takes `[images, labels]`.
        augment: `keras_san.augment.Augmentation` of all that it sees, or None.
        seed: `keras.random.SeedGenerator` of the augmentation.
    """

    def __init__(self, discriminator, conditional=False, augment=None, seed=None):
        self.discriminator = discriminator
        self.conditional = conditional
        self.augment = None if augment is None else functools.partial(augment, seed=seed)
        self.has_direction = bool(getattr(discriminator, "has_direction", False))
        self.has_features = isinstance(discriminator, Discriminator)
        self.has_cosine = self.has_features and _shows_directions(discriminator)
        self.class_logits = getattr(getattr(discriminator, "head", None), "class_logits", None)
        self._couples_samples = any(map(_couples_samples, discriminator._flatten_layers()))
        self._takes_turns = not (backend.prefers_joint_pass() or augment or _draws(discriminator))

    def compare(self, real, fake, labels, training):
        """The `Comparison` of real and fake images.

        Both go through the discriminator at once, unless a layer of it (batch normalisation)
        would mix their statistics, or turns are faster: these start from the same state and keep
        that of one, so the numbers are those of a joint pass.
        """
        if self._couples_samples or self._takes_turns:
            run = _call if self._couples_samples else without_state
            real, fake = (self._augmented(images) for images in (real, fake))
            real_views, fake_views = self._frozen_views(real, fake)
            real_scores, real_features = run(
                lambda: self._score(real, labels, training, real_views)
            )
            fake_scores, fake_features = self._score(fake, labels, training, fake_views)
        else:
            both = ops.concatenate([real, ops.cast(fake, real.dtype)])
            both_labels = None if labels is None else ops.concatenate([labels, labels])
            scores, features = self.score(both, both_labels, training)
            halves = [[_halves(tensor) for tensor in pair] for pair in scores]
            real_scores, fake_scores = (
                [tuple(half[side] for half in pair) for pair in halves] for side in (0, 1)
            )
            real_features, fake_features = _halves(features if self.has_cosine else None)
        return Comparison(real_scores, fake_scores, real_features, fake_features)

    def cosine(self, scores, labels):
        """The cosine of the direction with the optimal one, a dict for the logs.

        Of several heads it is the mean.
        """
        if not self.has_cosine:
            return {}
        head = self.discriminator.head
        several = hasattr(head, "heads")
        heads = zip(
            head.heads if several else [head],
            scores.real_features if several else [scores.real_features],
            scores.fake_features if several else [scores.fake_features],
            strict=True,
        )
        cosines = [
            direction_cosine(one, ops.stop_gradient(real), ops.stop_gradient(fake), labels)
            for one, real, fake in heads
        ]
        return {"direction_cosine": ops.stop_gradient(sum(cosines) / len(cosines))}

    def score(self, images, labels, training):
        """The scores of images, and the head's inputs where the discriminator shows them."""
        return self._score(self._augmented(images), labels, training)

    def _augmented(self, images):
        return images if self.augment is None else self.augment(images)

    def _frozen_views(self, real, fake):
        """What the discriminator's frozen part makes of both, in one pass without gradient."""
        if getattr(self.discriminator, "frozen", None) is None:
            return None, None
        both = ops.concatenate([real, ops.cast(fake, real.dtype)])
        return _halves(backend.detached(lambda: self.discriminator.views(both)))

    def _score(self, images, labels, training, views=None):
        inputs = [images, labels] if self.conditional else images
        features = None
        if self.has_features:
            features = self.discriminator.features(inputs, training=training, views=views)
            outputs = self.discriminator.score_features(
                features, labels, direction_pair=self.has_direction, training=training
            )
        elif self.has_direction:
            outputs = self.discriminator(inputs, training=training, direction_pair=True)
        else:
            outputs = self.discriminator(inputs, training=training)
        pairs = _as_pairs(outputs, self.has_direction)
        return [tuple(_float32(tensor) for tensor in pair) for pair in pairs], features

    def function(self, labels):
        """The discriminator as a function of images to their summed `fun`, for penalties."""

        def score(images):
            scores, _ = self.score(images, labels, training=True)
            return summed(scores)

        return score


def _shows_directions(discriminator):
    """Whether every head has weights that `direction_cosine` can read."""
    head = discriminator.head
    heads = getattr(head, "heads", [head])
    return not discriminator.compares_images and all(map(has_directions, heads))


def _couples_samples(layer):
    return isinstance(layer, keras.layers.BatchNormalization) or getattr(
        layer, "couples_samples", False
    )


def _draws(discriminator):
    """Whether a layer (dropout) draws random numbers, which two passes would draw alike."""
    return any("seed_generator" in variable.path for variable in discriminator.variables)


def _call(function):
    return function()


def _as_pairs(outputs, has_direction):
    """What a discriminator returned as a list of pairs; a tuple is a pair only with directions."""
    several = isinstance(outputs, list) or (
        isinstance(outputs, tuple) and (not has_direction or isinstance(outputs[0], (list, tuple)))
    )
    outputs = outputs if several else [outputs]
    return [
        tuple(output) if isinstance(output, (list, tuple)) else (output, None) for output in outputs
    ]


def _halves(tensors):
    """The rows of real and those of generated images, of a tensor or of several."""
    if tensors is None:
        return None, None
    halves = keras.tree.map_structure(lambda tensor: ops.split(tensor, 2, axis=0), tensors)
    if not isinstance(tensors, (list, tuple)):
        return halves
    return [half[0] for half in halves], [half[1] for half in halves]


def _float32(tensor):
    return None if tensor is None else ops.cast(tensor, "float32")
