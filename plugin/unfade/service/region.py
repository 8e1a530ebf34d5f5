"""A part of the result: what of the picture it needs, so that it equals that part of the whole result.

A part is made by running the filter on a piece of the picture: the part with a margin, cut where the
networks' size multiples, the resampling and the filling of transparent colours fall as they do in the whole.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from numpy.typing import NDArray

from unfade.card import ModelCard, Task, Tiling
from unfade.errors import UsageError
from unfade.filters import Filter, Ready
from unfade.filters.generator import Ledger
from unfade.filters.upscale import UpscaleOptions, Upscaler
from unfade.picture import Picture
from unfade.tiling import Bounds, Extent

_FILTERS: Final = frozenset({Task.UPSCALE})
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


def supports_region(filter: Filter) -> bool:
    """Whether parts of the filter's result can be asked for."""
    return filter.task in _FILTERS


def plan_part(ready: Ready, options: Any, region: Bounds, picture: Picture) -> Part:
    """The part for ``region``, in pixels of ``picture``. Raises UsageError."""
    if region.bottom > picture.height or region.right > picture.width:
        raise UsageError(
            f"The region must lie inside the picture, which has {picture.width} x {picture.height} pixels."
        )
    if not isinstance(ready, Upscaler) or not isinstance(options, UpscaleOptions):
        raise UsageError("This filter cannot restore a part of a picture.")
    cards = [generator.card for generator in ready.generators(Ledger(), gray=False)]
    extent = Extent(picture.height, picture.width)
    part = part_of(cards, options.scale, region, extent)
    if picture.alpha is None or cut(picture.alpha, part.piece).all():
        return part
    return part_of(cards, options.scale, region, extent, filled=True)


def cut(pixels: NDArray[Any], bounds: Bounds) -> NDArray[Any]:
    """The view of rows and columns inside ``bounds``."""
    return pixels[bounds.y : bounds.bottom, bounds.x : bounds.right]


def part_of(
    cards: Sequence[ModelCard], scale: float, region: Bounds, extent: Extent, *, filled: bool = False
) -> Part:
    """The part for networks that run one after the other and whose result is resampled to ``scale``.

    ``filled`` says that there are transparent pixels nearby, whose colours come from farther away.
    """
    margin, multiple, enlarged = _RESAMPLING, 1, 1
    for card in cards:
        margin += math.ceil(card.halo / enlarged)
        multiple = math.lcm(multiple, card.size_multiple // math.gcd(card.size_multiple, enlarged))
        enlarged *= card.scale
    if filled:
        margin, multiple = margin + _FILLING, math.lcm(multiple, _FILLING_GRID)
    ratio = Fraction(scale).limit_denominator(_FINEST)
    repeatable = abs(float(ratio) - scale) < 1e-9
    if repeatable:
        multiple = math.lcm(multiple, ratio.denominator)
    fits = ratio * extent.height == _round(extent.height * scale) and (
        ratio * extent.width == _round(extent.width * scale)
    )
    rows = _axis(region.y, region.bottom, extent.height, margin, multiple, scale)
    columns = _axis(region.x, region.right, extent.width, margin, multiple, scale)
    return Part(
        piece=Bounds(rows.start, columns.start, rows.length, columns.length),
        inside=Bounds(rows.skip, columns.skip, rows.size, columns.size),
        result=Bounds(rows.at, columns.at, rows.size, columns.size),
        exact=repeatable and fits and all(card.tiling is Tiling.EXACT for card in cards),
    )


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
