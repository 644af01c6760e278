"""Benchmarks: our code beside native loops of the same backend. Not part of the wheel."""

# Before Keras, which imports TensorFlow: both contestants run with oneDNN.
import keras_san  # noqa: F401
