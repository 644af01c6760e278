"""What a trained model is used for: images from seeds, scores of images."""

import numpy as np
from absl import logging
from keras import ops

from keras_san import backend
from keras_san.models import inputs as model_inputs
from keras_san.sampling.latents import latents, random_labels


class Generation:
    """The part of `keras_san.SANModel` that generates and scores, on arrays."""

    # `keras_san.sampling.TruncationStatistics` of a generator that has statistics for each
    # truncation, as converted BigGAN-deep ones do; presets keep them.
    truncation_statistics = None

    def generate(self, count=None, seeds=None, labels=None, seed=0, truncation=1.0, batch_size=64):
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
        if count is not None and count < 0:
            raise ValueError(f"`count` must not be negative. Received: count={count!r}")
        seeds = list(range(seed, seed + count)) if seeds is None else list(seeds)
        inputs = [latents(seeds, self.latent_dim, truncation)]
        if self.num_classes:
            drawn = random_labels(seeds, self.num_classes) if labels is None else labels
            inputs.append(model_inputs.check_labels(drawn, len(seeds), self.num_classes))
        elif labels is not None:
            raise ValueError("This model is unconditional: `labels` must be None.")
        return self._images(inputs, batch_size, truncation)

    def generate_from_latents(self, latents, labels=None, batch_size=64, truncation=1.0):
        """Images of the averaged generator, one a latent vector.

        Use it for latents of your own making: interpolated, refined or projected ones.

        Args:
            latents: float array `(count, latent_dim)`.
            labels: int or sequence of integers, one an image, of a conditional model. Defaults to
                `None`.
            batch_size: int. Defaults to `64`.
            truncation: float, the one that the latents were drawn with, for generators with
                `truncation_statistics`. Defaults to `1.0`.

        Returns:
            Array `(count, height, width, channels)` of uint8.

        Raises:
            ValueError: if the latents have another shape or labels do not fit.

        Example:
        ```python
        import numpy as np
        import keras_san

        model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
        model.generate_from_latents(np.zeros((1, model.latent_dim))).shape  # (1, 32, 32, 3)
        ```
        """
        latents = np.asarray(latents, "float32")
        if latents.ndim != 2 or latents.shape[1] != self.latent_dim:
            raise ValueError(
                f"Expected latents of shape (count, {self.latent_dim}). Received: {latents.shape}"
            )
        inputs = [latents]
        if self.num_classes:
            inputs.append(model_inputs.check_labels(labels, len(latents), self.num_classes))
        elif labels is not None:
            raise ValueError("This model is unconditional: `labels` must be None.")
        return self._images(inputs, batch_size, truncation)

    def apply_truncation(self, truncation=1.0):
        """Gives the averaged generator its `truncation_statistics`, where it has them.

        `generate` does so by itself; call it before you run `generator_ema` by hand.

        Args:
            truncation: float in `[0, 1]`, the one of the latents. Defaults to `1.0`.

        Raises:
            ValueError: if there are statistics and the truncation is out of range.

        Example:
        ```python
        import keras_san

        model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
        model.apply_truncation()
        ```
        """
        if self.truncation_statistics is not None:
            self.truncation_statistics.apply(self.generator_ema, truncation)

    def make_train_function(self, force=False):
        """Readies the step; the first one ends what `truncation_statistics` stood for."""
        if self.truncation_statistics is not None:
            logging.warning(
                "Training begins, and the generator's statistics of each truncation, which belong "
                "to its weights as they were, are dropped; those of truncation 1 stay."
            )
            self.apply_truncation(1.0)
            self.truncation_statistics = None
        return super().make_train_function(force)

    def _images(self, inputs, batch_size, truncation):
        self.apply_truncation(truncation)
        images = self._in_batches("generator_ema", inputs, batch_size, self.image_shape)
        # In place: new arrays of many images take longer than the arithmetic.
        images += 1.0
        images *= 127.5
        return np.clip(np.rint(images, out=images), 0, 255, out=images).astype("uint8")

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
        images = images / 127.5 - 1.0 if images.dtype == np.uint8 else images
        inputs = [images.astype("float32")]
        if self.num_classes:
            inputs.append(model_inputs.check_labels(labels, len(images), self.num_classes))
        return self._in_batches("discriminator", inputs, batch_size, ())

    def _in_batches(self, network, inputs, batch_size, output_shape):
        """Runs a compiled network over arrays; all batches have one size, the last is padded."""
        if network not in self._compiled_functions:
            self._compiled_functions[network] = backend.compiled(getattr(self, network))
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be positive. Received: batch_size={batch_size!r}")
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


def _to_numpy(outputs, output_shape):
    """Images as they are; scores as one number an image."""
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    arrays = [ops.convert_to_numpy(ops.cast(output, "float32")) for output in outputs]
    if output_shape:
        return arrays[0]
    return sum(array.reshape(len(array), -1).mean(axis=1) for array in arrays)
