"""Where the windows lie: a picture cut into overlapping windows of one shape.

The result of a network on a whole picture is defined as that on the picture mirrored outward by a border, and
on the right and at the bottom as far beyond it as the network's size multiple needs. Without the border, the
zeros that networks pad with inside would discolour the picture's outermost pixels.

A window sees the true edge of the padded picture only where it ends exactly there; elsewhere its outermost
``halo`` pixels are wrong. Hence windows lie on the multiple, never stick out of the padded picture, and give
away only their core: the cores partition the picture and keep ``halo`` pixels from every window edge that is
not an edge of the padded picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

SMALLEST_CORE = 32
"""Pixels a side that a window must give away, whatever the halo."""

BORDER = 8
"""The least number of mirrored pixels around a picture: from here on its outermost pixels are as exact as all
others (docs/memory.md, "The mirrored border")."""


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

    def grown(self, margin: int) -> Bounds:
        """The same rectangle with so many pixels more on every side."""
        return Bounds(self.y - margin, self.x - margin, self.height + 2 * margin, self.width + 2 * margin)

    def united(self, other: Bounds) -> Bounds:
        """The smallest rectangle that holds both."""
        top, left = min(self.y, other.y), min(self.x, other.x)
        bottom, right = max(self.bottom, other.bottom), max(self.right, other.right)
        return Bounds(top, left, bottom - top, right - left)

    def overlaps(self, other: Bounds) -> bool:
        """Whether they have a pixel in common."""
        return (
            self.y < other.bottom and other.y < self.bottom and self.x < other.right and other.x < self.right
        )

    def common(self, other: Bounds) -> Bounds:
        """The rectangle of the pixels that both have; only for rectangles that overlap."""
        top, left = max(self.y, other.y), max(self.x, other.x)
        bottom, right = min(self.bottom, other.bottom), min(self.right, other.right)
        return Bounds(top, left, bottom - top, right - left)

    def within(self, frame: Bounds) -> Bounds:
        """The same rectangle, counted from the corner of ``frame``."""
        return Bounds(self.y - frame.y, self.x - frame.x, self.height, self.width)

    def clipped(self, extent: Extent) -> Bounds:
        """The part of the rectangle inside a picture of size ``extent``."""
        return self.common(Bounds(0, 0, extent.height, extent.width))


@dataclass(frozen=True)
class Tile:
    """One run of the network."""

    window: Bounds
    """What goes in; it may reach beyond the picture, which is mirrored there."""
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
    fixed: Extent | None = None
    """The one size of window that the network takes."""

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
        """The same picture in windows of half the side; None where those would be below
        :func:`least_tile`, or no others are possible."""
        if self.fixed is not None:
            return None
        half = max(self.rows.window, self.columns.window) // 2
        if half < least_tile(self.halo, self.multiple):
            return None
        return plan(self.extent, self.halo, self.multiple, half)


def plan(
    extent: Extent, halo: int, multiple: int, tile: int, fixed: tuple[int, int] | None = None
) -> TileLayout:
    """Cut a picture into tiles.

    Args:
        extent: the size of the picture in pixels, at least 1 by 1.
        halo: the network's receptive radius in pixels.
        multiple: the network's size multiple.
        tile: the largest side of a window. Windows are as few as that allows, and then as small as their
            number allows. A tile with no room for anything but halo is enlarged as far as needed.
        fixed: height and width that all windows have, whatever ``tile`` says, for networks that take no
            other: multiples of ``multiple`` with room for two halos and one step.
    """
    if extent.height < 1 or extent.width < 1 or halo < 0 or multiple < 1:
        raise ValueError(f"impossible layout: {extent}, halo {halo}, size multiple {multiple}")
    if fixed is not None:
        rows, columns = (
            _cut_fixed(length, halo, multiple, side)
            for length, side in zip((extent.height, extent.width), fixed, strict=True)
        )
        return TileLayout(extent, halo, multiple, tile, rows, columns, Extent(*fixed))
    rows = _cut(extent.height, halo, multiple, tile)
    columns = _cut(extent.width, halo, multiple, tile)
    return TileLayout(extent, halo, multiple, tile, rows, columns)


def least_tile(halo: int, multiple: int) -> int:
    """The least side of a window that is worth running, in pixels.

    Its halos take at most half of each side. So all windows of a picture together are at most four times the
    padded picture, whatever tile was asked for, and a window gives away at least :data:`SMALLEST_CORE` pixels
    a side.
    """
    overlap = _round_up(2 * halo, multiple)
    return overlap + max(overlap, _round_up(SMALLEST_CORE, multiple))


def row_strips(extent: Extent, pixels: int) -> list[Bounds]:
    """Full-width rectangles of about so many pixels, from top to bottom."""
    rows = max(1, pixels // extent.width)
    return [Bounds(y, 0, min(rows, extent.height - y), extent.width) for y in range(0, extent.height, rows)]


def border_of(multiple: int) -> int:
    """How far the picture is mirrored outward on the left and at the top, in pixels; farther elsewhere."""
    return _round_up(BORDER, multiple)


def _cut(length: int, halo: int, multiple: int, tile: int) -> Axis:
    padded = _padded(length, multiple)
    # Windows start on the multiple, so neighbours overlap by both halos rounded up to it, at least.
    overlap = _round_up(2 * halo, multiple)
    largest = max(tile // multiple * multiple, overlap + multiple)
    if padded <= largest:
        return Axis(padded, (-border_of(multiple),), (0, length))
    count = math.ceil((padded - overlap) / (largest - overlap))
    window = _round_up(math.ceil((padded + (count - 1) * overlap) / count), multiple)
    return _axis(length, multiple, window, count, overlap)


def _cut_fixed(length: int, halo: int, multiple: int, window: int) -> Axis:
    """A picture smaller than the window gets two: each ends where one edge of the padded picture is, which
    the network sees, and reaches beyond the other, whose pixels are taken from its neighbour."""
    padded, overlap = _padded(length, multiple), _round_up(2 * halo, multiple)
    if window % multiple or window < overlap + multiple:
        raise ValueError(f"impossible window: {window}, halo {halo}, size multiple {multiple}")
    count = 1 if padded == window else max(2, math.ceil((padded - overlap) / (window - overlap)))
    return _axis(length, multiple, window, count, overlap)


def _axis(length: int, multiple: int, window: int, count: int, overlap: int) -> Axis:
    """So many windows, the first and the last of which end with the padded picture."""
    border, padded = border_of(multiple), _padded(length, multiple)
    starts = [-border, *(min(i * (window - overlap), padded - window) - border for i in range(1, count))]
    # In the middle of the overlap a core is as far from both window edges as it can be.
    meets = [(after + before + window) // 2 for before, after in pairwise(starts)]
    cuts = [0, *(min(max(meet, 0), length) for meet in meets), length]
    # Small windows may have nothing but border to give away.
    needed = [index for index in range(count) if cuts[index] < cuts[index + 1]]
    return Axis(
        window, tuple(starts[index] for index in needed), (*(cuts[index] for index in needed), length)
    )


def _padded(length: int, multiple: int) -> int:
    return _round_up(length + 2 * border_of(multiple), multiple)


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
