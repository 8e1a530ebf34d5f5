"""What has come of the result, and the images of it that the canvas paints.

Results are kept tile by tile, by what they are of. On the finest level of the grid each tile is an image of
its own, which fades in; from afar many tiles are painted as one, or a large picture would take too long.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRect
from PyQt6.QtGui import QImage, QPainter

from unfade.filters import cut, scaled_bounds
from unfade.filters.marks import ONE_LOOK, certainty, marked_pixels
from unfade.inference import Bounds, Extent
from unfade.picture import Picture, as_srgb, scratch, to_float
from unfade.service.client import Result
from unfade.ui.canvas.images import Images, Shown, checker, overlay_of, reduced
from unfade.ui.link import pixels_of, report_of, with_metadata
from unfade.ui.preview.compose import blended, compose, enlarged_tile, mosaic
from unfade.ui.preview.plan import Layer, Plan, Under
from unfade.ui.preview.tiles import TILE, Kept, Place, TileCache, above, bounds_of, places_in
from unfade.ui.selection import Selection

MASK_COLOUR: Final = (230, 0, 126)
"""Of the veil over what was found: magenta, which photographs hardly have."""

_VEIL = 0.55
_LEAST = 0.02  # of a tile: what a mark covers before the window offers to take it off
_ENLARGED_KEPT = 64
_LEVELS = range(1, 12)


class Results:
    """The results of one picture under a plan that may change."""

    def __init__(self, images: Images) -> None:
        self.cache = TileCache()
        self.plan: Plan | None = None
        self.reduction = 1
        """How many of the result's pixels one of an image's stands for, a side, as the zoom calls for."""
        self.report: dict[str, Any] = {}
        """What ran of late, as :func:`unfade.ui.link.report_of` tells it."""
        self._images = images
        self._picture: Picture | None = None
        self._selection: Selection | None = None
        self._near: dict[Place, Plan] = {}
        self._serial = 0
        self._came: Counter[tuple[int, Place]] = Counter()  # how often something came, by level and square
        self._marked: set[str] = set()  # keys of layers in one of whose tiles there surely is a watermark
        self._enlarged: Callable[[Place, float], NDArray[Any]] | None = None

    # What there is

    def set_picture(self, picture: Picture | None, selection: Selection | None = None) -> None:
        """Begins anew, with another picture, of which a part may be selected."""
        self._picture, self._selection = picture, selection
        self._serial += 1
        self._came.clear()
        self._marked.clear()
        self._near.clear()
        self.cache.clear()
        self._images.drop(_is_result)
        self._enlarged = None
        if picture is not None:
            make = functools.partial(enlarged_tile, picture, self._extent)
            self._enlarged = functools.lru_cache(maxsize=_ENLARGED_KEPT)(make)

    def set_plan(self, plan: Plan | None) -> None:
        """Shows other settings. What was shown stays in sight as long as it looks much like them."""
        if _family(plan) != _family(self.plan):
            self._images.drop(_is_result)
        self.plan = plan
        self._near.clear()

    def keep(self, layer: Layer, places: tuple[Place, ...], scale: float, result: Result) -> None:
        """Takes in what the engine gave for some tiles."""
        pixels = pixels_of(result)
        self.report = report_of(result)
        mask = None
        if result.mask is not None:
            mask = np.frombuffer(result.mask, np.uint8).reshape(result.height, result.width)
        top, left = result.region[:2] if result.region else (0, 0)
        for place in places:
            bounds = bounds_of(place, self._extent)
            at = scaled_bounds(bounds, scale).within(Bounds(top, left, result.height, result.width))
            part = None if mask is None else cut(mask, at).copy()
            self.cache.put(
                layer.near(bounds, self._extent).key,
                place,
                Kept(cut(pixels, at).copy(), part, exact=result.exact),
            )
            if part is not None and is_mark(part):
                self._marked.add(layer.key)
            self._came.update((level, above(place, level)) for level in _LEVELS)

    def missing(self, layer: int, reduction: int, place: Place) -> bool:
        """Whether a tile of the plan's layer of that number has not come, or not in enough detail."""
        plan = self._plan_for(place)
        if plan is None or not self._is_wanted(plan, place):
            return False
        return not self.cache.has(plan.layers[layer].key, place, reduction)

    def _is_wanted(self, plan: Plan, place: Place) -> bool:
        """Whether a tile has something of what the result is limited to."""
        limit = self._limit(plan)
        return limit is None or bounds_of(place, self._extent).overlaps(limit.bounds)

    def _limit(self, plan: Plan) -> Selection | None:
        """What the result is limited to: the selection, unless the picture is enlarged."""
        return self._selection if plan.scale == 1 else None

    @property
    def marked(self) -> bool:
        """Whether there surely is a watermark in what has come, and the settings leave it there."""
        if self.plan is None:
            return False
        result = self.plan.result
        left = (name for name in self.plan.filters if result.leaves(name))
        # who has painted on the mask has looked, and what is painted lies on it
        return any(name not in result.strokes for name in left) and result.key in self._marked

    def _veiled(self, plan: Plan) -> bool:
        """Whether what was found is to be seen."""
        result = plan.result
        return any(not result.leaves(name) or name in result.strokes or self.marked for name in plan.masked)

    def counts(self, view: Bounds, reduction: int | None = None) -> tuple[int, int]:
        """Of the tiles in view: those that are there, and all; in the detail that the zoom calls for, or in
        another."""
        if self._picture is None or self.plan is None:
            return 0, 0
        numbers = range(len(self.plan.layers))
        lacking = [
            any(self.missing(number, reduction or self.reduction, place) for number in numbers)
            for place in places_in(view, self._extent)
        ]
        return lacking.count(False), len(lacking)

    def colour_at(self, x: float, y: float) -> str | None:
        """The result's colour at a place of the picture, as "#rrggbb"; None where it has not come."""
        place = Place(int(y) // TILE, int(x) // TILE)
        plan = self._plan_for(place)
        kept = None if plan is None else self.cache.get(plan.result.key, place)
        if kept is None:
            return None
        bounds, (height, width, _) = bounds_of(place, self._extent), kept.pixels.shape
        row = min(int((y - bounds.y) / bounds.height * height), height - 1)
        column = min(int((x - bounds.x) / bounds.width * width), width - 1)
        assert self._picture is not None
        there = with_metadata(kept.pixels[row : row + 1, column : column + 1], self._picture.metadata)
        values = to_float(as_srgb(there).colour)[0, 0]
        red, green, blue = (round(float(value) * 255) for value in np.broadcast_to(values, 3))
        return f"#{red:02x}{green:02x}{blue:02x}"

    # What the canvas paints

    def image(self, place: Place, level: int = 0) -> Shown | None:
        """A square of the result, or what it showed before these settings; None while there is nothing."""
        if level:
            return self._far("after", place, level, self._compose)
        slot = ("after", 0, place)
        plan = self._plan_for(place)
        if plan is None:
            return None
        layers = self._layers(plan, place, self.cache.get)
        if layers is None:
            return self._images.peek(slot)
        reduction = max(self.reduction, *(one.reduction for one in layers))
        version = (self._serial, tuple(layer.key for layer in plan.layers), plan.blend, reduction)
        picture, bounds = self._picture, bounds_of(place, self._extent)
        assert picture is not None and self._enlarged is not None
        enlarged = functools.partial(self._enlarged, place, plan.scale)

        def make() -> QImage:
            return compose(plan, layers, picture, bounds, enlarged, reduction, self._limit(plan))

        return self._images.image(slot, version, make)

    def mask(self, place: Place, level: int = 0) -> Shown | None:
        """The veil over what was found in a square, unless it is left there and may be none."""
        if self.plan is None or not self._veiled(self.plan):
            return None
        if level:
            return self._far("mask", place, level, self._veil)
        slot = ("mask", 0, place)
        plan = self._plan_for(place)
        kept = None if plan is None else self.cache.get(plan.result.key, place)
        if plan is None or kept is None or kept.mask is None:
            return self._images.peek(slot)
        version = (self._serial, plan.result.key, max(self.reduction, kept.reduction))
        return self._images.image(slot, version, functools.partial(_veil_of, kept, self.reduction))

    def _far(
        self,
        kind: str,
        place: Place,
        level: int,
        draw: Callable[[Plan, Place, int], QImage | None],
    ) -> Shown | None:
        """Many tiles as one image, made anew when one of them has come."""
        plan, picture = self.plan, self._picture
        came = self._came[level, place]
        if plan is None or picture is None or not came:
            return None
        slot = (kind, level, place)
        reduction, extent, shown = self.reduction, self._extent, self._images.peek(slot)
        keys = tuple(layer.key for layer in plan.layers)
        version = (self._serial, keys, plan.blend if kind == "after" else None, reduction, came)
        backdrop = _checkered if kind == "after" and picture.has_alpha else None

        def make() -> QImage:
            bounds = bounds_of(place, extent, level)

            def tiles() -> Iterator[tuple[Bounds, QImage]]:
                for tile in places_in(bounds, extent):
                    at = bounds_of(tile, extent)
                    image = draw(plan.near(at, extent), tile, reduction)
                    if image is not None:
                        yield at, image

            return mosaic(shown.image if shown else None, bounds, tiles(), plan.scale / reduction, backdrop)

        return self._images.image(slot, version, make)

    # The whole result

    def whole(self, region: Bounds | None = None) -> Callable[[Callable[[float], object]], Picture] | None:
        """Makes the whole result of what has come, within the rounding of its last blend; in any thread.

        With a ``region``, in pixels of the source, only that part of it is made, and need have come. It tells
        how much is done, in [0, 1], and what that raises ends it. None where some of the result has not come,
        is kept smaller than it is, or may differ from that part of the whole.
        """
        plan, picture = self.plan, self._picture
        if plan is None or picture is None:
            return None
        extent = self._extent
        wanted = region or Bounds(0, 0, extent.height, extent.width)
        there: list[tuple[Bounds, Place, list[Kept]]] = []
        for place in places_in(wanted, extent):
            layers = self._layers(self._plan_for(place), place, self.cache.peek)
            if layers is None or any(one.reduction > 1 or not one.exact for one in layers):
                return None
            there.append((bounds_of(place, extent), place, layers))
        return functools.partial(_whole, plan, picture, wanted, there)

    # In the images' threads

    def _compose(self, plan: Plan, place: Place, reduction: int) -> QImage | None:
        layers, picture = self._layers(plan, place, self.cache.peek), self._picture
        if layers is None or picture is None:
            return None
        extent = Extent(picture.height, picture.width)
        enlarged = functools.partial(enlarged_tile, picture, extent, place, plan.scale)
        reduction = max(reduction, *(one.reduction for one in layers))
        return compose(
            plan, layers, picture, bounds_of(place, extent), enlarged, reduction, self._limit(plan)
        )

    def _veil(self, plan: Plan, place: Place, reduction: int) -> QImage | None:
        kept = self.cache.peek(plan.result.key, place)
        return None if kept is None or kept.mask is None else _veil_of(kept, reduction)

    # In any

    @property
    def _extent(self) -> Extent:
        assert self._picture is not None
        return Extent(self._picture.height, self._picture.width)

    def _layers(
        self, plan: Plan | None, place: Place, get: Callable[[str, Place], Kept | None]
    ) -> list[Kept] | None:
        """What the plan's layers are at a tile; None unless all of them have come."""
        if plan is None:
            return None
        found = [get(layer.key, place) for layer in plan.layers]
        layers = [one for one in found if one is not None]
        return layers if len(layers) == len(found) else None

    def _plan_for(self, place: Place) -> Plan | None:
        """The plan for one tile."""
        if self.plan is None or self._picture is None:
            return None
        found = self._near.get(place)
        if found is None:
            extent = self._extent
            found = self._near[place] = self.plan.near(bounds_of(place, extent), extent)
        return found


def _whole(
    plan: Plan,
    picture: Picture,
    wanted: Bounds,
    there: Sequence[tuple[Bounds, Place, list[Kept]]],
    tell: Callable[[float], object],
) -> Picture:
    """What is wanted of all tiles as one picture, with the metadata that fits it."""
    extent = Extent(picture.height, picture.width)
    area = scaled_bounds(wanted, plan.scale)
    into: NDArray[Any] | None = None
    for number, (bounds, place, layers) in enumerate(there):
        tell(number / len(there))
        arrays = [one.pixels for one in layers]
        if plan.under is Under.SOURCE:
            arrays.append(cut(picture.pixels, bounds))
        elif plan.under is Under.ENLARGED:
            arrays.append(enlarged_tile(picture, extent, place, plan.scale))
        part = blended(plan, arrays, picture.metadata).pixels
        if into is None:
            into = scratch.empty((area.height, area.width, part.shape[2]), part.dtype)
        tile = scaled_bounds(bounds, plan.scale)
        shared = tile.common(area)
        cut(into, shared.within(area))[...] = cut(part, shared.within(tile))
    assert into is not None
    return with_metadata(into, picture.metadata)


def is_mark(mask: NDArray[np.uint8]) -> bool:
    """Whether what was found in a tile surely is a watermark, and enough of one to be told of."""
    return marked_pixels(mask) >= _LEAST * mask.size and certainty([mask], ONE_LOOK) >= ONE_LOOK.certain


def _veil_of(kept: Kept, reduction: int) -> QImage:
    assert kept.mask is not None
    factor = max(1, reduction // kept.reduction)
    return overlay_of(reduced(kept.mask[..., None], factor)[..., 0], MASK_COLOUR, _VEIL)


def _checkered(painter: QPainter, target: QRect) -> None:
    painter.fillRect(target, checker())


def _is_result(slot: Any) -> bool:
    return slot[0] in ("after", "mask")


def _family(plan: Plan | None) -> tuple[Any, ...] | None:
    """Plans of one family look so much alike that one may stand in for the other for a moment."""
    return None if plan is None else (plan.filters, plan.scale)
