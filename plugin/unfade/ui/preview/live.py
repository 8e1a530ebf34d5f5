"""The live preview: keeps the engine busy with what is in view, and gives the canvas its images.

One request is on its way at a time. A change of the settings asks anew in the same lane, which stops the old
request at its next tile; results that have come are kept by what they are of, so that undo asks for nothing.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtGui import QImage

from unfade.card import Task
from unfade.filters.part import cut
from unfade.picture import Metadata, to_float
from unfade.service.client import Result
from unfade.tiling import Bounds, Extent
from unfade.ui.canvas.images import Images, Shown, overlay_of
from unfade.ui.canvas.pyramid import reduced
from unfade.ui.document import Change, Document
from unfade.ui.link import EngineLink, Question
from unfade.ui.pixels import as_picture
from unfade.ui.preview.cache import Kept, TileCache
from unfade.ui.preview.compose import compose, enlarged_tile
from unfade.ui.preview.grid import TILE, Place, bounds_of, in_result, places_in
from unfade.ui.preview.plan import Layer, Models, Plan, make_plan
from unfade.ui.preview.schedule import hull, next_block
from unfade.ui.profiles import as_sent, needs_srgb

LANE: Final = "preview"
MASK_COLOUR: Final = (230, 0, 126)
"""Of the veil over a watermark: magenta, which photographs hardly have."""

_VEIL = 0.55
_FAR = 8  # the reduction that is good enough for what is out of view
_ENLARGED_KEPT = 64
_TELL_EVERY = 100  # milliseconds: with many tiles in view, counting them takes a while


@dataclass(frozen=True)
class _Asked:
    ticket: int
    layer: Layer
    places: tuple[Place, ...]
    plan: Plan


class LivePreview(QObject):
    """The result of the document's settings, as far as it has come.

    Signals:
        changed: there is something new to paint.
        progress: (done, in all) of the tiles in view.
        failed: a sentence: the preview cannot go on with these settings.
        provider: (label, why not the GPU or None).
    """

    changed = pyqtSignal()
    progress = pyqtSignal(int, int)
    failed = pyqtSignal(str)
    provider = pyqtSignal(str, object)

    def __init__(
        self, document: Document, link: EngineLink, images: Images, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._link, self._images = document, link, images
        self.models = Models()
        self.cache = TileCache()
        self.plan: Plan | None = None
        self._near: dict[Place, Plan] = {}
        self._view: Bounds | None = None
        self._reduction = 1
        self._asked: _Asked | None = None
        self._stuck: str | None = None
        self._paused = False
        self._serial = 0
        self._converted = False
        self._enlarged: Callable[[Place, float], NDArray[Any]] | None = None
        self._telling = QTimer(self)
        self._telling.setSingleShot(True)
        self._telling.setInterval(_TELL_EVERY)
        self._telling.timeout.connect(self._tell_progress)
        document.subscribe(self._document_changed)
        link.listed.connect(self._listed)
        link.answered.connect(self._answered)
        link.refused.connect(self._refused)

    # What the window tells

    def set_view(self, visible: Bounds, density: float) -> None:
        """What is seen: source pixels, and how many of the result's pixels fall on one of the screen's."""
        reduction = 1 << max(0, math.floor(math.log2(max(density, 1.0))))
        if (visible, reduction) != (self._view, self._reduction):
            self._view, self._reduction = visible, reduction
            self._go_on()

    def pause(self, paused: bool) -> None:
        """Asks for nothing while something else needs the engine."""
        self._paused = paused
        if paused:
            self._stop_asking()
        else:
            self._go_on()

    def retry(self) -> None:
        """Asks again for what failed."""
        self._stuck = None
        self._go_on()

    @property
    def complete(self) -> bool:
        """Whether all that is in view is there."""
        return self._counts()[0] == self._counts()[1]

    def colour_at(self, x: float, y: float) -> str | None:
        """The result's colour at a place of the picture, as "#rrggbb"; None where it has not come."""
        extent = self._document.extent
        place = Place(int(y) // TILE, int(x) // TILE)
        plan = self._plan_for(place)
        kept = None if plan is None else self.cache.get(plan.result.key, place)
        if kept is None or plan is None or extent is None:
            return None
        bounds, (height, width, channels) = bounds_of(place, extent), kept.pixels.shape
        row = min(int((y - bounds.y) / bounds.height * height), height - 1)
        column = min(int((x - bounds.x) / bounds.width * width), width - 1)
        values = to_float(kept.pixels[row, column, : 1 if channels < 3 else 3])
        red, green, blue = (round(float(value) * 255) for value in np.broadcast_to(values, 3))
        return f"#{red:02x}{green:02x}{blue:02x}"

    # What the canvas paints

    def result_image(self, place: Place) -> Shown | None:
        """The tile of the result, or what it showed before these settings; None while there is nothing."""
        slot = ("after", place)
        plan = self._plan_for(place)
        picture, extent = self._document.picture, self._document.extent
        if plan is None or picture is None or extent is None or self._enlarged is None:
            return None
        kept = [self.cache.get(layer.key, place) for layer in plan.layers]
        if any(one is None for one in kept):
            return self._images.peek(slot)
        layers = [one for one in kept if one is not None]
        reduction = max(self._reduction, *(one.reduction for one in layers))
        version = (self._serial, tuple(layer.key for layer in plan.layers), plan.blend, reduction)
        bounds = bounds_of(place, extent)
        enlarged = functools.partial(self._enlarged, place, plan.scale)

        def make() -> QImage:
            return compose(plan, layers, picture, bounds, enlarged, reduction)

        return self._images.image(slot, version, make)

    def mask_image(self, place: Place) -> Shown | None:
        """The veil over the watermark found in a tile."""
        plan = self._plan_for(place)
        if plan is None or Task.DEARTIFACT not in plan.tasks:
            return None
        kept = self.cache.get(plan.result.key, place)
        if kept is None or kept.mask is None:
            return self._images.peek(("mask", place))
        mask, factor = kept.mask, max(1, self._reduction // kept.reduction)
        version = (self._serial, plan.result.key, factor * kept.reduction)

        def make() -> QImage:
            return overlay_of(reduced(mask[..., None], factor)[..., 0], MASK_COLOUR, _VEIL)

        return self._images.image(("mask", place), version, make)

    # The document

    def _document_changed(self, change: Change) -> None:
        if change is Change.PICTURE:
            self._new_picture()
        if change is not Change.SELECTION:
            self._replan()

    def _new_picture(self) -> None:
        self._stop_asking()
        self._serial += 1
        self.cache.clear()
        self._images.drop(_is_result)
        self._view = None
        self._converted = False
        self._link.forget("srgb")
        picture, extent = self._document.picture, self._document.extent
        if picture is None or extent is None:
            self._link.forget("picture")
            self._enlarged = None
            return
        self._link.store("picture", lambda: picture)
        make = functools.partial(enlarged_tile, picture, extent)
        self._enlarged = functools.lru_cache(maxsize=_ENLARGED_KEPT)(make)

    def _replan(self) -> None:
        picture, old = self._document.picture, self.plan
        profile = picture is not None and picture.metadata.icc is not None
        self.plan = make_plan(self._document.state, self.models, profile=profile) if picture else None
        self._near.clear()
        if _family(old) != _family(self.plan):
            self._images.drop(_is_result)
        if _keys(old) != _keys(self.plan):
            self._stuck = None
            if self._asked is not None and self._asked.layer.key not in _keys(self.plan):
                self._asked = None  # what is asked next supersedes it
            if self.plan is None:
                self._stop_asking()
        self.changed.emit()
        self._go_on()

    def _plan_for(self, place: Place) -> Plan | None:
        """The plan for one tile."""
        extent = self._document.extent
        if self.plan is None or extent is None:
            return None
        found = self._near.get(place)
        if found is None:
            found = self._near[place] = self.plan.near(bounds_of(place, extent), extent)
        return found

    # The engine

    def _listed(self, listing: dict[str, Any]) -> None:
        self.models = Models.of(listing)
        self._stuck = None
        if listing["provider_label"]:
            self.provider.emit(listing["provider_label"], listing["fallback"])
        self._replan()

    def _go_on(self) -> None:
        if not self._telling.isActive():
            self._telling.start()
        extent, view, plan = self._document.extent, self._view, self.plan
        if self._paused or self._stuck or extent is None or view is None or plan is None:
            return
        wanted = self._next(view, extent, plan)
        if wanted is None:
            return
        layer, block, rest = wanted
        if self._asked is not None:
            in_view = any(bounds_of(place, extent).overlaps(view) for place in self._asked.places)
            if rest or in_view:  # what is out of view gives way to what has come into it
                return
        self._ask(plan, layer, block, extent)

    def _next(self, view: Bounds, extent: Extent, plan: Plan) -> tuple[Layer, list[Place], bool] | None:
        """The layer and the tiles to ask for now, and whether they are out of view."""
        for rest in (False, True) if self.cache.roomy else (False,):
            for number, layer in enumerate(plan.layers):
                missing = functools.partial(self._missing, number, _FAR if rest else self._reduction)
                block = next_block(view, extent, missing, rest=rest)
                if block:
                    return layer, block, rest
        return None

    def _missing(self, number: int, reduction: int, place: Place) -> bool:
        plan = self._plan_for(place)
        return plan is not None and not self.cache.has(plan.layers[number].key, place, reduction)

    def _ask(self, plan: Plan, layer: Layer, block: list[Place], extent: Extent) -> None:
        region = hull(block, extent)
        name = self._stored_for(layer.state.tasks)
        steps = layer.near(region, extent).steps
        ticket = self._link.ask(Question(name, steps, region, LANE))
        self._asked = _Asked(ticket, layer, tuple(block), plan)

    def _stored_for(self, tasks: tuple[Task, ...]) -> str:
        """The name of the stored picture for these filters; the one in sRGB is stored when first needed."""
        picture = self._document.picture
        if picture is None or not needs_srgb(picture, tasks):
            return "picture"
        if not self._converted:
            self._converted = True
            self._link.store("srgb", lambda: as_sent(picture, tasks))
        return "srgb"

    def _stop_asking(self) -> None:
        if self._asked is not None:
            self._link.cancel(self._asked.ticket)
            self._asked = None

    def _answered(self, ticket: int, result: Result) -> None:
        asked = self._asked
        if asked is None or asked.ticket != ticket:
            return
        self._asked = None
        extent = self._document.extent
        if extent is None:
            return
        self.provider.emit(result.provider_label, result.fallback)
        self._keep(asked, result, extent)
        self.changed.emit()
        self._go_on()

    def _keep(self, asked: _Asked, result: Result, extent: Extent) -> None:
        pixels = as_picture(result, Metadata()).pixels
        mask = None
        if result.mask is not None:
            mask = np.frombuffer(result.mask, np.uint8).reshape(result.height, result.width)
        top, left = result.region[:2] if result.region else (0, 0)
        for place in asked.places:
            bounds = bounds_of(place, extent)
            at = in_result(bounds, asked.plan.scale).within(Bounds(top, left, result.height, result.width))
            key = asked.layer.near(bounds, extent).key
            part = None if mask is None else cut(mask, at).copy()
            self.cache.put(key, place, Kept(cut(pixels, at).copy(), part))

    def _refused(self, ticket: int, kind: str, sentence: str) -> None:
        asked = self._asked
        if ticket != 0 and (asked is None or asked.ticket != ticket):
            return
        self._asked = None
        if kind not in ("superseded", "cancelled"):
            self._stuck = sentence
            if kind != "start":  # which the link itself tells of
                self.failed.emit(sentence)
        self._go_on()

    def _tell_progress(self) -> None:
        done, total = self._counts()
        self.progress.emit(done, 0 if self._stuck or self._paused else total)

    def _counts(self) -> tuple[int, int]:
        """Of the tiles in view: those that are there, and all."""
        extent, plan = self._document.extent, self.plan
        if extent is None or self._view is None or plan is None:
            return 0, 0
        places = list(places_in(self._view, extent))
        numbers = range(len(plan.layers))
        done = sum(
            not any(self._missing(number, self._reduction, place) for number in numbers) for place in places
        )
        return done, len(places)


def _is_result(slot: Any) -> bool:
    return slot[0] in ("after", "mask")


def _family(plan: Plan | None) -> tuple[Any, ...] | None:
    """Plans of one family look so much alike that one may stand in for the other for a moment."""
    return None if plan is None else (plan.tasks, plan.scale)


def _keys(plan: Plan | None) -> tuple[str, ...]:
    return () if plan is None else tuple(layer.key for layer in plan.layers)
