"""Exact tiling: the tiled result is the whole-picture result."""

from unfade.tiling.arrays import array_reader, array_writer
from unfade.tiling.geometry import Bounds, Extent, Tile, TileLayout, plan
from unfade.tiling.run import TiledRun, run_tiled
from unfade.tiling.windows import OnTile, Read, TiledSession, Write, check_result

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
    "check_result",
    "plan",
    "run_tiled",
]
