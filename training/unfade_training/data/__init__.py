"""Photographs in, seeded batches of patches out."""

from .patches import Batch, PatchDataset, StepSampler, chw_pair, collate, to_unit
from .photos import Photo, PhotoStore, colourfulness, is_colour_photo

__all__ = [
    "Batch",
    "PatchDataset",
    "Photo",
    "PhotoStore",
    "StepSampler",
    "chw_pair",
    "collate",
    "colourfulness",
    "is_colour_photo",
    "to_unit",
]
