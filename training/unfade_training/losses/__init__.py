"""Losses between pictures, GAN objectives, and the perceptual score LPIPS."""

from .adversarial import AdaptiveLoss, Objective, critic_accuracy, gradient_penalty
from .base import INK, Checkerboard, LossValue, PictureLoss, Tally, WeightedLoss, content_loss, mask_terms
from .perceptual import FeatureLoss, Lpips, LpipsOnnx, gram_matrix, open_lpips
from .registry import LOSSES, OBJECTIVES, build_loss, build_objective

__all__ = [
    "INK",
    "LOSSES",
    "OBJECTIVES",
    "AdaptiveLoss",
    "Checkerboard",
    "FeatureLoss",
    "LossValue",
    "Lpips",
    "LpipsOnnx",
    "Objective",
    "PictureLoss",
    "Tally",
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
