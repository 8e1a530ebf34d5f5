"""The grid of tiles in which results are kept: squares of the source picture.

Its coarser levels, of which one square holds ``2**level`` tiles a side, are for showing many tiles as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from unfade.inference import Bounds, Extent

TILE: Final = 256
"""Pixels of the source a side: small enough to come one by one, large beside the networks' halos."""
MOST_SQUARES: Final = 256
"""As many are painted one by one; where more would be in view, a coarser level is."""


class Place(NamedTuple):
    """A square's place in the grid of its level; a tile's on level 0."""

    row: int
    column: int


def bounds_of(place: Place, extent: Extent, level: int = 0) -> Bounds:
    """The pixels of the source that a square stands for."""
    side = TILE << level
    return Bounds(place.row * side, place.column * side, side, side).clipped(extent)


def places_in(bounds: Bounds, extent: Extent, level: int = 0) -> Iterator[Place]:
    """The squares that touch a rectangle of the source, row by row."""
    if not bounds.overlaps(Bounds(0, 0, extent.height, extent.width)):
        return
    inside, side = bounds.clipped(extent), TILE << level
    for row in range(inside.y // side, -(-inside.bottom // side)):
        for column in range(inside.x // side, -(-inside.right // side)):
            yield Place(row, column)


def above(tile: Place, level: int) -> Place:
    """The square of a level that a tile is in."""
    return Place(tile.row >> level, tile.column >> level)


def level_for(view: Bounds) -> int:
    """The finest level of which :data:`MOST_SQUARES` fill a view; it may touch a few more."""
    level = 0
    while (view.width / (TILE << level)) * (view.height / (TILE << level)) > MOST_SQUARES:
        level += 1
    return level
