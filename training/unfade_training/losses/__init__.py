"""Losses between pictures, the games of critic and generator, and the perceptual score."""

from .adversarial import AdaptiveLoss, Objective, critic_accuracy, gradient_penalty
from .base import PictureLoss
from .feature import FeatureLoss, gram_matrix
from .lpips import Lpips, LpipsOnnx, open_lpips
from .mask import INK, mask_terms
from .registry import LOSSES, OBJECTIVES, LossValue, WeightedLoss, build_loss, build_objective, content_loss

__all__ = [
    "INK",
    "LOSSES",
    "OBJECTIVES",
    "AdaptiveLoss",
    "FeatureLoss",
    "LossValue",
    "Lpips",
    "LpipsOnnx",
    "Objective",
    "PictureLoss",
    "WeightedLoss",
    "build_loss",
    "build_objective",
    "content_loss",
    "critic_accuracy",
    "gradient_penalty",
    "gram_matrix",
    "mask_terms",
    "open_lpips",
]
