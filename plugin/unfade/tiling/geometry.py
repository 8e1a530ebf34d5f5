"""Where the windows lie: a picture cut into overlapping windows of one shape.

The result of a network on a whole picture is defined as that on the picture with its right and bottom edge
repeated up to the network's size multiple. Networks pad with zeros inside, so a window sees the true border
only where it ends exactly where the padded picture ends; elsewhere its outermost ``halo`` pixels are wrong.
Hence windows lie on the multiple, never stick out of the padded picture, and give away only their core: the
cores partition the picture and keep ``halo`` pixels from every window edge that is not a picture edge.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

SMALLEST_CORE = 32
"""Pixels a side that a window must give away to be worth running when memory is short."""


@dataclass(frozen=True)
class Extent:
    """A size in pixels."""

    height: int
    width: int


@dataclass(frozen=True)
class Bounds:
    """A rectangle of pixels."""

    y: int
    x: int
    height: int
    width: int

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def right(self) -> int:
        return self.x + self.width

    def scaled(self, factor: int) -> Bounds:
        """The same rectangle in a picture ``factor`` times as large."""
        return Bounds(self.y * factor, self.x * factor, self.height * factor, self.width * factor)

    def clipped(self, extent: Extent) -> Bounds:
        """The part of the rectangle inside a picture of size ``extent``."""
        bottom, right = min(self.bottom, extent.height), min(self.right, extent.width)
        return Bounds(self.y, self.x, bottom - self.y, right - self.x)


@dataclass(frozen=True)
class Tile:
    """One run of the network."""

    window: Bounds
    """What goes in; it may reach beyond the picture's right and bottom, where edge pixels are repeated."""
    core: Bounds
    """The part of the picture whose result is taken from this window."""


@dataclass(frozen=True)
class Axis:
    """The windows along one side of the picture."""

    window: int
    """The length of every window."""
    starts: tuple[int, ...]
    """Where the windows begin."""
    cuts: tuple[int, ...]
    """Where the cores meet, from 0 to the length of the picture: one more than windows."""


@dataclass(frozen=True)
class TileLayout:
    """All tiles of a picture, row by row when iterated over. Made by :func:`plan`."""

    extent: Extent
    halo: int
    multiple: int
    tile: int
    rows: Axis
    columns: Axis

    def __len__(self) -> int:
        return len(self.rows.starts) * len(self.columns.starts)

    def __iter__(self) -> Iterator[Tile]:
        for row in range(len(self.rows.starts)):
            for column in range(len(self.columns.starts)):
                yield self.at(row, column)

    @property
    def window(self) -> Extent:
        """The one shape of all windows."""
        return Extent(self.rows.window, self.columns.window)

    def at(self, row: int, column: int) -> Tile:
        """The tile in the given row and column of the layout."""
        top, bottom = self.rows.cuts[row : row + 2]
        left, right = self.columns.cuts[column : column + 2]
        return Tile(
            Bounds(self.rows.starts[row], self.columns.starts[column], self.rows.window, self.columns.window),
            Bounds(top, left, bottom - top, right - left),
        )

    def smaller(self) -> TileLayout | None:
        """The same picture in windows of half the side; None where they would be hardly more than halo."""
        half = max(self.rows.window, self.columns.window) // 2
        smallest = _round_up(2 * self.halo, self.multiple) + _round_up(SMALLEST_CORE, self.multiple)
        return plan(self.extent, self.halo, self.multiple, half) if half >= smallest else None


def plan(extent: Extent, halo: int, multiple: int, tile: int) -> TileLayout:
    """Cut a picture into tiles.

    Args:
        extent: the size of the picture in pixels, at least 1 by 1.
        halo: the network's receptive radius in pixels.
        multiple: the network's size multiple.
        tile: the largest side of a window. Windows are as few as that allows, and then as small as their
            number allows. A tile with no room for anything but halo is enlarged as far as needed.
    """
    if extent.height < 1 or extent.width < 1 or halo < 0 or multiple < 1:
        raise ValueError(f"impossible layout: {extent}, halo {halo}, size multiple {multiple}")
    rows = _cut(extent.height, halo, multiple, tile)
    columns = _cut(extent.width, halo, multiple, tile)
    return TileLayout(extent, halo, multiple, tile, rows, columns)


def _cut(length: int, halo: int, multiple: int, tile: int) -> Axis:
    padded = _round_up(length, multiple)
    # Windows start on the multiple, so neighbours overlap by both halos rounded up to it, at least.
    overlap = _round_up(2 * halo, multiple)
    largest = max(tile // multiple * multiple, overlap + multiple)
    if padded <= largest:
        return Axis(padded, (0,), (0, length))
    count = math.ceil((padded - overlap) / (largest - overlap))
    window = _round_up(math.ceil((padded + (count - 1) * overlap) / count), multiple)
    starts = tuple(min(index * (window - overlap), padded - window) for index in range(count))
    # In the middle of the overlap a core is as far from both window edges as it can be.
    meets = [(after + before + window) // 2 for before, after in pairwise(starts)]
    return Axis(window, starts, (0, *meets, length))


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
