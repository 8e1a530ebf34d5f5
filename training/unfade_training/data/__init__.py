"""Photographs in, seeded batches of patches out."""

from .patches import PatchDataset, StepSampler
from .photos import PhotoStore

__all__ = ["PatchDataset", "PhotoStore", "StepSampler"]
