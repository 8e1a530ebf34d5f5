"""Which tiles are asked for next: what is in view first, from its middle outward, then the rest."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable

from unfade.inference import Bounds, Extent
from unfade.ui.preview.grid import TILE, Place, bounds_of, places_in

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
