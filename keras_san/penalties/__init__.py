"""Penalties, added to the loss of a player."""

from keras_san.penalties.class_likelihood import ClassLikelihood
from keras_san.penalties.classifier_guidance import ClassifierGuidance
from keras_san.penalties.consistency import Consistency
from keras_san.penalties.dragan import DRAGAN
from keras_san.penalties.gradient_penalty import GradientPenalty
from keras_san.penalties.l2 import L2
from keras_san.penalties.latent_consistency import LatentConsistency
from keras_san.penalties.lecam import LeCam
from keras_san.penalties.orthogonal import Orthogonal
from keras_san.penalties.path_length import PathLength
from keras_san.penalties.penalty import Penalty
from keras_san.penalties.r1 import R1
from keras_san.penalties.r2 import R2
from keras_san.penalties.registry import get, names
from keras_san.penalties.update import Update

__all__ = [
    "DRAGAN",
    "L2",
    "R1",
    "R2",
    "ClassLikelihood",
    "ClassifierGuidance",
    "Consistency",
    "GradientPenalty",
    "LatentConsistency",
    "LeCam",
    "Orthogonal",
    "PathLength",
    "Penalty",
    "Update",
    "get",
    "names",
]
