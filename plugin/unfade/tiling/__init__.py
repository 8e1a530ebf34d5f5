"""Exact tiling: the tiled result is the whole-picture result."""

from unfade.tiling.arrays import array_reader, array_writer
from unfade.tiling.geometry import Bounds, Extent, Tile, TileLayout, border_of, plan, row_strips
from unfade.tiling.run import TiledRun, layout_of, run_tiled
from unfade.tiling.windows import OnTile, Read, TiledSession, Write, check_finite, mirrored

__all__ = [
    "Bounds",
    "Extent",
    "OnTile",
    "Read",
    "Tile",
    "TileLayout",
    "TiledRun",
    "TiledSession",
    "Write",
    "array_reader",
    "array_writer",
    "border_of",
    "check_finite",
    "layout_of",
    "mirrored",
    "plan",
    "row_strips",
    "run_tiled",
]
