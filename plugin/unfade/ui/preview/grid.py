"""The grid of tiles in which results are kept: squares of the source picture."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

from unfade.tiling import Bounds, Extent

TILE: Final = 256
"""Pixels of the source a side: small enough to come one by one, large beside the networks' halos."""


class Place(NamedTuple):
    """A tile's place in the grid."""

    row: int
    column: int


def bounds_of(place: Place, extent: Extent) -> Bounds:
    """The pixels of the source that a tile stands for."""
    return Bounds(place.row * TILE, place.column * TILE, TILE, TILE).clipped(extent)


def places_in(bounds: Bounds, extent: Extent) -> Iterator[Place]:
    """The tiles that touch a rectangle of the source, row by row."""
    if not bounds.overlaps(Bounds(0, 0, extent.height, extent.width)):
        return
    inside = bounds.clipped(extent)
    for row in range(inside.y // TILE, -(-inside.bottom // TILE)):
        for column in range(inside.x // TILE, -(-inside.right // TILE)):
            yield Place(row, column)


def in_result(bounds: Bounds, scale: float) -> Bounds:
    """Where a rectangle of the source comes to lie in the result, with the engine's rounding."""
    top, left = _round(bounds.y * scale), _round(bounds.x * scale)
    height = max(1, _round(bounds.bottom * scale) - top)
    return Bounds(top, left, height, max(1, _round(bounds.right * scale) - left))


def _round(value: float) -> int:
    """Half up, as the filters round sizes."""
    return math.floor(value + 0.5)
