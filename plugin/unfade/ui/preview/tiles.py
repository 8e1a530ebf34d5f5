"""The tiles of a preview: where they lie, which is asked for next, and the results that have come so far.

Tiles are squares of the source picture. Coarser levels, of which one square holds ``2**level`` tiles a side,
are for showing many as one. What is in view is asked for first, from its middle outward, then the rest.
Results are kept in memory that has a limit: what was not looked at for the longest time is first kept in a
quarter of its width, which is enough to show it from afar, and then let go.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unfade.inference import Bounds, Extent
from unfade.ui.canvas.images import reduced

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


BLOCK = 2
"""Tiles a side that are asked for at once: halos are shared, and the engine still stops soon.

While nothing in view is there one tile is asked for alone, to be seen sooner; so is what is out of view, for
the engine ends what it is at before it turns to something new.
"""

Missing = Callable[[Place], bool]


def next_block(view: Bounds, extent: Extent, missing: Missing, *, rest: bool) -> list[Place]:
    """The tiles to ask for now, which fill a rectangle; none where all is there.

    Args:
        view: what of the source is to be seen.
        extent: the size of the source.
        missing: whether a tile is still to be asked for.
        rest: go on with what is out of view when all that is in view is there.
    """
    whole = Bounds(0, 0, extent.height, extent.width)
    for area in (view, whole) if rest else (view,):
        places = _outward(area, view, extent)
        first = next((place for place in places if missing(place)), None)
        if first is not None:
            alone = area is not view or all(missing(place) for place in places)
            return [first] if alone else _grown(first, places, missing, view)
    return []


def hull(places: Iterable[Place], extent: Extent) -> Bounds:
    """The rectangle of the source that tiles fill."""
    first, *others = places
    bounds = bounds_of(first, extent)
    for place in others:
        bounds = bounds.united(bounds_of(place, extent))
    return bounds


@functools.lru_cache(maxsize=4)
def _outward(area: Bounds, view: Bounds, extent: Extent) -> dict[Place, None]:
    """The tiles of an area by their distance from the middle of the view: a set in order."""
    down, across = (view.y + view.height / 2) / TILE - 0.5, (view.x + view.width / 2) / TILE - 0.5
    places = list(places_in(area, extent))
    places.sort(key=lambda place: (place.row - down) ** 2 + (place.column - across) ** 2)
    return dict.fromkeys(places)


def _grown(first: Place, among: Collection[Place], missing: Missing, view: Bounds) -> list[Place]:
    """The tile with its neighbours, as far as they are missing; those towards the middle first."""
    down = 1 if view.y + view.height / 2 >= (first.row + 0.5) * TILE else -1
    across = 1 if view.x + view.width / 2 >= (first.column + 0.5) * TILE else -1
    rows, columns = [first.row], [first.column]
    for _ in range(BLOCK - 1):
        for line, other, step in ((rows, columns, down), (columns, rows, across)):
            for direction in (step, -step):
                further = (max(line) if direction > 0 else min(line)) + direction
                new = [Place(further, o) if line is rows else Place(o, further) for o in other]
                if all(place in among and missing(place) for place in new):
                    line.append(further)
                    break
    return [Place(row, column) for row in sorted(rows) for column in sorted(columns)]


BUDGET: Final = 768 << 20
"""Bytes; results of 20 megapixels enlarged twice, with as much left for a second setting."""

_REDUCTION = 4


@dataclass(frozen=True)
class Kept:
    """A tile's result."""

    pixels: NDArray[Any]
    """HWC."""
    mask: NDArray[np.uint8] | None
    """HW: where the filter found something."""
    reduction: int = 1
    """How many of the result's pixels one of these stands for, a side."""
    exact: bool = True
    """Whether it equals that part of the whole result, within rounding."""

    @property
    def bytes(self) -> int:
        return self.pixels.nbytes + (0 if self.mask is None else self.mask.nbytes)


class TileCache:
    """Results by layer and place."""

    def __init__(self, budget: int = BUDGET) -> None:
        self.budget = budget
        self.bytes = 0
        self._kept: OrderedDict[tuple[str, Place], Kept] = OrderedDict()

    def get(self, key: str, place: Place) -> Kept | None:
        """What there is of a tile, which counts as looked at."""
        kept = self._kept.get((key, place))
        if kept is not None:
            self._kept.move_to_end((key, place))
        return kept

    def peek(self, key: str, place: Place) -> Kept | None:
        """The same without counting as looked at; also from another thread."""
        return self._kept.get((key, place))

    def has(self, key: str, place: Place, reduction: int) -> bool:
        """Whether a tile is there in enough detail. It does not count as looked at."""
        kept = self._kept.get((key, place))
        return kept is not None and kept.reduction <= reduction

    def put(self, key: str, place: Place, kept: Kept) -> None:
        """Keeps a tile, and makes room for it."""
        self._remove((key, place))
        self._add((key, place), kept)
        while self.bytes > self.budget and len(self._kept) > 1:
            self._shrink(next(iter(self._kept)))

    def clear(self) -> None:
        """Lets go of everything."""
        self._kept.clear()
        self.bytes = 0

    @property
    def roomy(self) -> bool:
        """Whether there is room for more without letting go of anything."""
        return self.bytes < self.budget * 0.9

    def _shrink(self, at: tuple[str, Place]) -> None:
        kept = self._kept[at]
        self._remove(at)
        if kept.reduction == 1:
            mask = kept.mask
            small = replace(
                kept,
                pixels=reduced(kept.pixels, _REDUCTION),
                mask=None if mask is None else reduced(mask[..., None], _REDUCTION)[..., 0],
                reduction=_REDUCTION,
            )
            self._add(at, small)

    def _add(self, at: tuple[str, Place], kept: Kept) -> None:
        self._kept[at] = kept
        self.bytes += kept.bytes

    def _remove(self, at: tuple[str, Place]) -> None:
        old = self._kept.pop(at, None)
        if old is not None:
            self.bytes -= old.bytes
