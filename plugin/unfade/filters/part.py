"""A part of the result: what of the picture it needs, so that it equals that part of the whole result.

A part is made by running the filter on a piece of the picture: the part with a margin, cut where the
networks' size multiples, the resampling and the filling of transparent colours fall as they do in the whole.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.errors import UsageError
from unfade.inference import Bounds, Extent
from unfade.models import ModelCard, Tiling
from unfade.picture import Picture

_RESAMPLING = 4  # source pixels a kernel reaches: 3 lobes, and one for rounding
_FILLING = 128  # what fill_transparent looks at around a pixel ...
_FILLING_GRID = 64  # ... and the blocks it averages over
_FINEST = 64  # the largest denominator of a scale whose resampling is repeated exactly


@dataclass(frozen=True)
class Part:
    """How a part of the result is made."""

    piece: Bounds
    """Of the picture: what the filter is run on."""
    inside: Bounds
    """Of that run's result: the part asked for."""
    result: Bounds
    """Where the part lies in the whole result."""
    exact: bool
    """Whether it equals that part of the whole result (within rounding, where anything is to be seen)."""


def part_of(
    cards: Sequence[ModelCard], scale: float, region: Bounds, extent: Extent, *, holes: bool = False
) -> Part:
    """The part for networks that run one after the other and whose result is resampled to ``scale``.

    Args:
        region: what is asked for, in pixels of the picture.
        extent: the size of the picture.
        holes: there are transparent pixels nearby, whose colours come from farther away.
    """
    margin, multiple, enlarged = _RESAMPLING, 1, 1
    for card in cards:
        margin += math.ceil(card.halo / enlarged)
        multiple = math.lcm(multiple, card.size_multiple // math.gcd(card.size_multiple, enlarged))
        enlarged *= card.scale
    if holes:
        margin, multiple = margin + _FILLING, math.lcm(multiple, _FILLING_GRID)
    ratio = Fraction(scale).limit_denominator(_FINEST)
    repeatable = abs(float(ratio) - scale) < 1e-9
    if repeatable:
        multiple = math.lcm(multiple, ratio.denominator)
    whole = scaled_extent(extent, scale)
    fits = ratio * extent.height == whole.height and ratio * extent.width == whole.width
    rows = _axis(region.y, region.bottom, extent.height, margin, multiple, scale)
    columns = _axis(region.x, region.right, extent.width, margin, multiple, scale)
    return Part(
        piece=Bounds(rows.start, columns.start, rows.length, columns.length),
        inside=Bounds(rows.skip, columns.skip, rows.size, columns.size),
        result=Bounds(rows.at, columns.at, rows.size, columns.size),
        exact=repeatable and fits and all(card.tiling is Tiling.EXACT for card in cards),
    )


def scaled_extent(extent: Extent, scale: float) -> Extent:
    """Each side times ``scale``, rounded half up, at least 1."""
    return Extent(max(1, _round(extent.height * scale)), max(1, _round(extent.width * scale)))


def check_region(region: Bounds, extent: Extent) -> None:
    """Raises UsageError for a region that is not inside a picture of that size."""
    if min(region.y, region.x) < 0 or min(region.height, region.width) < 1:
        raise UsageError("The region must have pixels and must not begin left of the picture or above it.")
    if region.bottom > extent.height or region.right > extent.width:
        raise UsageError(
            f"The region must lie inside the picture, which has {extent.width} x {extent.height} pixels."
        )


def cut(pixels: NDArray[Any], bounds: Bounds) -> NDArray[Any]:
    """The view of rows and columns inside ``bounds``."""
    return pixels[bounds.y : bounds.bottom, bounds.x : bounds.right]


def cut_picture(picture: Picture, bounds: Bounds) -> Picture:
    """A copy of what is inside ``bounds``, with the metadata; the picture itself where that is all of it."""
    return Picture(np.ascontiguousarray(cut(picture.pixels, bounds)), picture.metadata)


def has_holes(picture: Picture, bounds: Bounds) -> bool:
    """Whether a pixel inside ``bounds`` is fully transparent."""
    return picture.alpha is not None and not cut(picture.alpha, bounds).all()


@dataclass(frozen=True)
class _Axis:
    """One side of a part."""

    start: int
    length: int
    skip: int
    size: int
    at: int


def _axis(begin: int, end: int, length: int, margin: int, multiple: int, scale: float) -> _Axis:
    start = max(begin - margin, 0) // multiple * multiple
    stop = min(-(-(end + margin) // multiple) * multiple, length)
    at = _round(begin * scale)
    size = max(1, _round(end * scale) - at)
    # Rounding may be off by a pixel where the scale is not a simple fraction; the part must fit in any case.
    skip = max(0, min(at - _round(start * scale), _round((stop - start) * scale) - size))
    return _Axis(start, stop - start, skip, size, at)


def _round(value: float) -> int:
    """Half up, as the filters round sizes."""
    return math.floor(value + 0.5)
