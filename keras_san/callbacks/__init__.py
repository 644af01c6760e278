"""Callbacks of GAN training, for `fit` of any backend."""

from keras_san.callbacks.checkpoint import Checkpoint, NonFiniteStateError
from keras_san.callbacks.evaluate import Evaluate
from keras_san.callbacks.every_images import EveryImages
from keras_san.callbacks.image_grid import ImageGrid
from keras_san.callbacks.progress import TrainingProgress
from keras_san.callbacks.stats_log import StatsLog
from keras_san.callbacks.stop_after import StopAfter
from keras_san.callbacks.throughput import Throughput
from keras_san.callbacks.training_health import NonFiniteLossError, TrainingHealth

__all__ = [
    "Checkpoint",
    "Evaluate",
    "EveryImages",
    "ImageGrid",
    "NonFiniteLossError",
    "NonFiniteStateError",
    "StatsLog",
    "StopAfter",
    "Throughput",
    "TrainingHealth",
    "TrainingProgress",
]
