"""Photographs in, seeded batches of patches out."""

from .patches import (
    Batch,
    PatchDataset,
    Patches,
    StepSampler,
    chw_pair,
    collate,
    orientations_of,
    to_unit,
    turned,
    turned_back,
)
from .photos import Photo, PhotoStore, Pixels, colourfulness, is_colour_photo
from .shards import ShardedPatches, ShardStore, Visits, Where, pack, shard_names

__all__ = [
    "Batch",
    "PatchDataset",
    "Patches",
    "Photo",
    "PhotoStore",
    "Pixels",
    "ShardStore",
    "ShardedPatches",
    "StepSampler",
    "Visits",
    "Where",
    "chw_pair",
    "collate",
    "colourfulness",
    "is_colour_photo",
    "orientations_of",
    "pack",
    "shard_names",
    "to_unit",
    "turned",
    "turned_back",
]
