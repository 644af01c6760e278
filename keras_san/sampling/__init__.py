"""What is drawn to make an image."""

from keras_san.sampling.latents import latents, random_labels

__all__ = ["latents", "random_labels"]
