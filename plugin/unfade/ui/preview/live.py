"""The live preview: keeps the engine busy with what is in view.

One request is on its way at a time. A change of the settings asks anew with the same supersede key, which
stops the old request in the middle of a tile; results that have come are kept by what they are of, so that
undo asks for nothing.
"""

from __future__ import annotations

import functools
import math
import time
from dataclasses import dataclass
from typing import Any, Final

from PyQt6.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal

from unfade.inference import Bounds, Extent
from unfade.service.client import Result
from unfade.ui.canvas.images import Images
from unfade.ui.document import Change, Document
from unfade.ui.link import EngineLink, Request
from unfade.ui.preview.plan import Layer, Models, Plan, make_plan
from unfade.ui.preview.results import Results
from unfade.ui.preview.tiles import Place, bounds_of, hull, next_block
from unfade.ui.status import Work

translate = QCoreApplication.translate

PICTURE: Final = "picture"
"""What the document's picture is called in the engine."""
PREVIEW: Final = "preview"
"""The supersede key of the preview's requests."""

_FAR = 8  # the reduction that is good enough for what is out of view
_COUNT_EVERY = 1.0  # seconds: of a large picture there are thousands of tiles
_QUIET = 1.0  # seconds of work that nobody need be told of
_TELL_EVERY = 100  # milliseconds: with many tiles in view, counting them takes a while


@dataclass(frozen=True)
class _Asked:
    ticket: int
    layer: Layer
    places: tuple[Place, ...]
    plan: Plan
    rest: bool
    """Whether it is out of view."""


@dataclass
class _Phase:
    """Tiles that are being asked for: those in view, or the rest."""

    rest: bool
    began: float
    first: int
    """How many there were then."""
    counted: float = 0.0
    done: int = 0
    total: int = 0


class LivePreview(QObject):
    """The result of the document's settings, as far as it has come.

    Signals:
        changed: there is something new to paint.
        progress: (done, in all) of the tiles in view.
        failed: a sentence: the preview cannot go on with these settings.
        provider: (label, why not the GPU or None).
        chosen: options that were left to the picture, by name, and their values for it.
        proposed: the steps that Restore proposes for the picture; None while that is not known.
        restarted: it goes on after a failure or a stop, which are no longer so.
        marked: whether there surely is a watermark that the settings leave there.
    """

    changed = pyqtSignal()
    progress = pyqtSignal(int, int)
    failed = pyqtSignal(str)
    provider = pyqtSignal(str, object)
    chosen = pyqtSignal(dict)
    proposed = pyqtSignal(object)
    restarted = pyqtSignal()
    marked = pyqtSignal(bool)

    def __init__(
        self, document: Document, link: EngineLink, images: Images, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._link = document, link
        self.models = Models()
        self.results = Results(images)
        self._view: Bounds | None = None
        self._asked: _Asked | None = None
        self._stuck: str | None = None
        self._paused = self._stopped = False
        self._phase: _Phase | None = None
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
        if (visible, reduction) != (self._view, self.results.reduction):
            self._view, self.results.reduction = visible, reduction
            self._go_on()

    def pause(self, paused: bool) -> None:
        """Asks for nothing while something else needs the engine."""
        self._paused = paused
        if paused:
            self._stop_asking()
        else:
            self._go_on()

    def stop(self) -> None:
        """Asks for nothing until settings or picture are others, or it is told to go on (:meth:`retry`)."""
        self._stopped = True
        self._stop_asking()
        self._tell_progress()

    def work(self, now: float | None = None) -> Work | None:
        """What is being worked on, once that takes a while; None for nothing.

        ``now`` is the time, for tests.
        """
        asked, extent = self._asked, self._document.extent
        if asked is None or extent is None or self._view is None:
            self._phase = None
            return None
        now = time.monotonic() if now is None else now
        phase = self._phase
        if phase is None or phase.rest is not asked.rest or now - phase.counted >= _COUNT_EVERY:
            where = Bounds(0, 0, extent.height, extent.width) if asked.rest else self._view
            done, total = self.results.counts(where, _FAR if asked.rest else None)
            if phase is None or phase.rest is not asked.rest or done < phase.done or total != phase.total:
                phase = self._phase = _Phase(asked.rest, now, done)
            phase.counted, phase.done, phase.total = now, done, total
        elapsed, came = now - phase.began, phase.done - phase.first
        if elapsed < _QUIET:
            return None
        text = (
            translate("Preview", "Previewing the rest of the picture")
            if phase.rest
            else translate("Preview", "Previewing what is in view")
        )
        left = elapsed / came * (phase.total - phase.done) if came else None
        return Work(text, phase.done / max(phase.total, 1), left)

    def retry(self) -> None:
        """Asks again for what failed, or was stopped."""
        self._unstick()
        self._go_on()

    @property
    def plan(self) -> Plan | None:
        """How the settings are shown; None where there is no picture, or no filter is on."""
        return self.results.plan

    @property
    def complete(self) -> bool:
        """Whether all that is in view is there."""
        done, total = self._counts()
        return done == total

    # The document

    def _document_changed(self, change: Change) -> None:
        if change is Change.PICTURE:
            self._new_picture()
        if change is not Change.SELECTION:
            self._replan()

    def _new_picture(self) -> None:
        self._stop_asking()
        self._unstick()
        self.proposed.emit(None)
        self._view = None
        picture = self._document.picture
        self.results.set_picture(picture, self._document.selection)
        if picture is None:
            self._link.forget(PICTURE)
        else:
            self._link.store(PICTURE, lambda: picture)

    def _replan(self) -> None:
        picture, old = self._document.picture, self.plan
        plan = make_plan(self._document.state, self.models) if picture else None
        self.results.set_plan(plan)
        if _keys(old) != _keys(plan):
            self._unstick()
            if self._asked is not None and self._asked.layer.key not in _keys(plan):
                self._asked = None  # what is asked next supersedes it
            if plan is None:
                self._stop_asking()
        self.changed.emit()
        self.marked.emit(self.results.marked)
        self._go_on()

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
        if self._paused or self._stopped or self._stuck or extent is None or view is None or plan is None:
            return
        wanted = self._next(view, extent, plan)
        if wanted is None:
            return
        layer, block, rest = wanted
        if self._asked is not None:
            in_view = any(bounds_of(place, extent).overlaps(view) for place in self._asked.places)
            if rest or in_view:  # what is out of view gives way to what has come into it
                return
        self._ask(plan, layer, block, extent, rest=rest)

    def _next(self, view: Bounds, extent: Extent, plan: Plan) -> tuple[Layer, list[Place], bool] | None:
        """The layer and the tiles to ask for now, and whether they are out of view."""
        results = self.results
        for rest in (False, True) if results.cache.roomy else (False,):
            for number, layer in enumerate(plan.layers):
                missing = functools.partial(results.missing, number, _FAR if rest else results.reduction)
                block = next_block(view, extent, missing, rest=rest)
                if block:
                    return layer, block, rest
        return None

    def _ask(self, plan: Plan, layer: Layer, block: list[Place], extent: Extent, *, rest: bool) -> None:
        region = hull(block, extent)
        steps = layer.near(region, extent).steps
        ticket = self._link.ask(Request(PICTURE, steps, region, supersede=PREVIEW))
        self._asked = _Asked(ticket, layer, tuple(block), plan, rest)

    def _unstick(self) -> None:
        if self._stuck or self._stopped:
            self._stuck, self._stopped = None, False
            self.restarted.emit()

    def _stop_asking(self) -> None:
        if self._asked is not None:
            self._link.cancel(self._asked.ticket)
            self._asked = None

    def _answered(self, ticket: int, result: Result) -> None:
        asked = self._asked
        if asked is None or asked.ticket != ticket:
            return
        self._asked = None
        if self._document.picture is None:
            return
        self.provider.emit(result.provider_label, result.fallback)
        self.results.keep(asked.layer, asked.places, asked.plan.scale, result)
        self.changed.emit()
        self.chosen.emit(result.chosen)
        if result.proposal is not None:
            self.proposed.emit(result.proposal)
        self.marked.emit(self.results.marked)
        self._go_on()

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
        resting = self._stuck or self._paused or self._stopped
        self.progress.emit(done, 0 if resting else total)

    def _counts(self) -> tuple[int, int]:
        return (0, 0) if self._view is None else self.results.counts(self._view)


def _keys(plan: Plan | None) -> tuple[str, ...]:
    return () if plan is None else tuple(layer.key for layer in plan.layers)
