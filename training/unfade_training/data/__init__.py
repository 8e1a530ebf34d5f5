"""Photographs in, seeded batches of patches out."""

from .batch import Batch, collate, to_unit
from .patches import PatchDataset, StepSampler
from .photos import PhotoStore

__all__ = ["Batch", "PatchDataset", "PhotoStore", "StepSampler", "collate", "to_unit"]
