"""Measures of generated images: features -> statistics -> a number with its protocol."""

from keras_san.metrics import extractors
from keras_san.metrics.authenticity import authenticity
from keras_san.metrics.class_fidelity import class_fidelity
from keras_san.metrics.density_coverage import density_coverage
from keras_san.metrics.estimate import Estimate
from keras_san.metrics.evaluation import Evaluation, evaluate
from keras_san.metrics.extractors.extractor import Extractor
from keras_san.metrics.feature_statistics import FeatureStatistics
from keras_san.metrics.frechet_distance import frechet_distance
from keras_san.metrics.inception_style_score import inception_style_score
from keras_san.metrics.intra_class_frechet_distance import intra_class_frechet_distance
from keras_san.metrics.kernel_distance import kernel_distance
from keras_san.metrics.measures import Measure, measures
from keras_san.metrics.memorisation import memorisation
from keras_san.metrics.ms_ssim import ms_ssim, ms_ssim_diversity
from keras_san.metrics.nearest import nearest_neighbours
from keras_san.metrics.perceptual_path_length import (
    FeatureMapDistance,
    path_length,
    perceptual_path_length,
)
from keras_san.metrics.precision_recall import precision_recall
from keras_san.metrics.result import Protocol, Result, results_table

__all__ = [
    "Estimate",
    "Evaluation",
    "Extractor",
    "FeatureMapDistance",
    "FeatureStatistics",
    "Measure",
    "Protocol",
    "Result",
    "authenticity",
    "class_fidelity",
    "density_coverage",
    "evaluate",
    "extractors",
    "frechet_distance",
    "inception_style_score",
    "intra_class_frechet_distance",
    "kernel_distance",
    "measures",
    "memorisation",
    "ms_ssim",
    "ms_ssim_diversity",
    "nearest_neighbours",
    "path_length",
    "perceptual_path_length",
    "precision_recall",
    "results_table",
]
