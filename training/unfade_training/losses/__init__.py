"""Losses between pictures, GAN objectives, and the perceptual score LPIPS."""

from .adversarial import AdaptiveLoss, Objective, critic_accuracy, gradient_penalty
from .base import LossValue, PictureLoss, WeightedLoss
from .perceptual import FeatureLoss, Lpips, LpipsOnnx, gram_matrix, open_lpips
from .pixel import INK, Checkerboard, mask_terms
from .registry import LOSSES, OBJECTIVES, build_loss, build_objective, content_loss

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
