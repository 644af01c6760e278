"""The training step, once for three backends."""

import functools
import itertools

from keras import ops

from keras_san import backend
from keras_san.backend.state_scope import StateScope
from keras_san.models.regularization import regularization
from keras_san.penalties.update import Update


class Step:
    """The part of `keras_san.SANModel` that trains: the paper's algorithm, update by update."""

    def update(self, images, labels=None):
        """The training step: `discriminator_steps` updates, one of the generator, the average.

        Args:
            images: tensor of one batch; see the class for shape and range.
            labels: tensor of integers `(batch,)`, of a conditional model.

        Returns:
            Dict of scalars: the running means of the epoch, and `images_seen`.
        """
        images, labels = self._prepare(images, labels, self._parts())
        part = ops.shape(images)[0] // self.discriminator_steps
        for index in range(self.discriminator_steps):
            rows = slice(index * part, (index + 1) * part)
            self._log(self._update_discriminator(images[rows], _rows(labels, rows)))
        count = self._generator_rows() or part
        real = _first(images, count) if self.objective.needs_real else None
        self._log(self._update_generator(count, _first(labels, count), real))
        used = part * self.discriminator_steps * backend.replica_count()
        decay = self.ema.decay(used, self.images_seen)
        self.ema.update(self.generator_ema, self.generator, decay)
        self.images_seen.assign_add(ops.cast(used, "int32"))
        return self._logs()

    def assess(self, images, labels=None):
        """The evaluation step: both losses on held-out images against the averaged generator."""
        images, labels = self._prepare(images, labels)
        latents = self.sample_latents(ops.shape(images)[0])
        fake = self._generate(self.generator_ema, latents, labels, training=False)
        scores = self._scorer.compare(images, fake, labels, training=False)
        _, logs = self.objective.discriminator(scores.real, scores.fake)
        generator_loss = self.objective.generator(scores.fake, scores.real)
        values = logs | {"generator_loss": generator_loss} | self._scorer.cosine(scores, labels)
        self._log(values)
        # Penalties and what adapts are not computed here: their means would read zero.
        return {name: value for name, value in self._logs().items() if name in values}

    def _update_discriminator(self, real, labels):
        latents = self.sample_latents(ops.shape(real)[0])
        seeds = _seeds(self.generator)
        before = [(seed, seed.value * 1) for seed in seeds]
        fake = backend.detached(
            lambda: self._generate(self.generator, latents, labels, training=True), kept=seeds
        )
        loss = functools.partial(self._discriminator_loss, before)
        return backend.minimize(
            self._in_parts(loss, real, fake, latents, labels),
            self.discriminator.trainable_variables,
            self.optimizer.discriminator,
            frozen=self.generator.variables,
        )

    def _discriminator_loss(self, seeds, real, fake, latents, labels):
        scores = self._scorer.compare(real, fake, labels, training=True)
        loss, logs = self.objective.discriminator(scores.real, scores.fake, self.seed_generator)
        loss += regularization(self.discriminator)
        if self.objective.penalties:
            update = self._penalized(
                "discriminator",
                labels,
                generate=functools.partial(self._detached_generate, seeds),
                real=real,
                fake=fake,
                latents=latents,
                real_scores=scores.real,
                fake_scores=scores.fake,
                real_features=scores.real_features,
                fake_features=scores.fake_features,
            )
            terms, penalty_logs = self.objective.penalty_terms(update)
            loss, logs = loss + terms, logs | penalty_logs
        logs |= self.objective.observe(scores.real, scores.fake)
        return loss, logs | self._scorer.cosine(scores, labels)

    def _update_generator(self, count, labels, real):
        latents = self.sample_latents(count)
        return backend.minimize(
            self._in_parts(self._generator_loss, latents, labels, real),
            self.generator.trainable_variables,
            self.optimizer.generator,
            frozen=self.discriminator.variables,
        )

    def _generator_loss(self, latents, labels, real):
        before = [(seed, seed.value * 1) for seed in _seeds(self.generator)]
        fake = self._generate(self.generator, latents, labels, training=True)
        scores, features = self._scorer.score(fake, labels, training=True)
        real_scores = None
        if real is not None:
            real_scores, _ = self._scorer.score(real, labels, training=True)
        loss = self.objective.generator(scores, real_scores, self.images_seen)
        logs = {"generator_loss": loss}
        loss += regularization(self.generator)
        if any(penalty.acts_on("generator") for penalty in self.objective.penalties):
            update = self._penalized(
                "generator",
                labels,
                generate=functools.partial(self._stateless_generate, before),
                fake=fake,
                latents=latents,
                fake_scores=scores,
                fake_features=features,
            )
            terms, penalty_logs = self.objective.penalty_terms(update)
            loss, logs = loss + terms, logs | penalty_logs
        return loss, logs

    def _penalized(self, player, labels, generate, **parts):
        """The update as its penalties see it."""
        return Update(
            player=player,
            network=getattr(self, player),
            score=self._scorer.function(labels),
            generate=functools.partial(generate, labels),
            labels=labels,
            class_logits=self._scorer.class_logits,
            seed=self.seed_generator,
            iteration=getattr(self.optimizer, player).iterations,
            **parts,
        )

    def _stateless_generate(self, seeds, labels, latents):
        """Images with the noise that those of the update were made with."""
        with StateScope(seeds):
            return self._generate(self.generator, latents, labels, training=True)

    def _detached_generate(self, seeds, labels, latents):
        return backend.detached(lambda: self._stateless_generate(seeds, labels, latents))

    def _generator_rows(self):
        """This replica's rows of the generator's batch, None where it is the discriminator's."""
        count, replicas = self.objective.scheme.generator_batch_size, backend.replica_count()
        if count is not None and count % replicas:
            raise ValueError(
                f"`generator_batch_size` is {count}, which {replicas} replicas cannot share. Give "
                f"a multiple of {replicas}."
            )
        return count and count // replicas

    def _in_parts(self, loss, *tensors):
        """The loss of a batch as a function, or those of its parts where gradients accumulate."""
        parts = self.objective.scheme.accumulation
        if parts == 1:
            return functools.partial(loss, *tensors)
        count = ops.shape(tensors[0])[0]
        bounds = [index * count // parts for index in range(parts + 1)]
        slices = [slice(*pair) for pair in itertools.pairwise(bounds)]
        return [functools.partial(loss, *(_rows(t, rows) for t in tensors)) for rows in slices]


def _seeds(network):
    weights = {id(weight) for weight in network.weights}
    return [variable for variable in network.variables if id(variable) not in weights]


def _rows(tensor, rows):
    return None if tensor is None else tensor[rows]


def _first(tensor, count):
    """The first `count` rows, from the beginning again where there are fewer."""
    if tensor is None:
        return None
    size = ops.shape(tensor)[0]
    if isinstance(count, int) and not (isinstance(size, int) and count <= size):
        return ops.take(tensor, ops.mod(ops.arange(count), size), axis=0)
    return tensor[:count]
