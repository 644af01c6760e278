"""What is drawn to make an image, how to draw better, and the statistics that go with it."""

from keras_san.sampling.class_sheet import class_sheet
from keras_san.sampling.interpolate import interpolate, video_frames
from keras_san.sampling.interpolation import linear_interpolation, spherical_interpolation
from keras_san.sampling.langevin_latents import langevin_latents
from keras_san.sampling.latents import latents, random_labels
from keras_san.sampling.project import project
from keras_san.sampling.rejection_sampler import RejectionSampler
from keras_san.sampling.score_calibration import (
    ScoreCalibration,
    calibrate_scores,
    fit_calibration,
)
from keras_san.sampling.standing_statistics import normalization_layers, standing_statistics
from keras_san.sampling.truncation_statistics import TruncationStatistics

__all__ = [
    "RejectionSampler",
    "ScoreCalibration",
    "TruncationStatistics",
    "calibrate_scores",
    "class_sheet",
    "fit_calibration",
    "interpolate",
    "langevin_latents",
    "latents",
    "linear_interpolation",
    "normalization_layers",
    "project",
    "random_labels",
    "spherical_interpolation",
    "standing_statistics",
    "video_frames",
]
