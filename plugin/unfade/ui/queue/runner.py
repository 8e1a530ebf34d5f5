"""Runs the queue: one picture after the other, in a thread, the networks in an engine process of its own.

Its own, so that a large picture that costs the engine its life does not take the window's preview along, and
that the next picture is previewed meanwhile. The engine is started with the first picture that needs one,
started again after its end, and closed when there is nothing to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal

from unfade import batch
from unfade.errors import Cancelled, OutputError
from unfade.filters import Memo, Progress, Recipe, Report, Result, Runner, all_of, scaled_size, size_of
from unfade.inference import Bounds, Extent
from unfade.picture import Picture, check_writable, read_picture
from unfade.service.client import Client, EngineError
from unfade.ui.language import explain
from unfade.ui.link import image_arguments, pixels_of, with_metadata
from unfade.ui.queue.model import MOST_ATTEMPTS, Item, ItemState, Make, Output, Queue, counts
from unfade.ui.recipes import for_any_picture
from unfade.ui.saving import write_as

translate = QCoreApplication.translate

_ENGINE_GONE = ("died", "timeout", "protocol", "closed")
_ENDING = (*_ENGINE_GONE, "cancelled", "start")
_OF_PREVIEW = Report("", "", None, 0.0)


class EngineRunner(Runner):
    """A recipe that is run by an engine process, which was told which pictures are to come."""

    def __init__(
        self, recipe: Recipe, client: Client, on_provider: Callable[[str, str | None], object]
    ) -> None:
        """``on_provider`` is told (label, why not the GPU or None) after each run."""
        self._recipe, self._client, self._on_provider = recipe, client, on_provider

    def survey(self, sources: Sequence[Path], progress: Progress | None = None) -> None:
        """Nothing: one picture of a queue does not tell of the others."""

    def output_size(self, size: Extent) -> Extent:
        return _size_after(self._recipe, size)

    def run(
        self,
        picture: Picture,
        *,
        region: Bounds | None = None,
        want_mask: bool = False,
        progress: Progress | None = None,
        memo: Memo | None = None,
    ) -> Result:
        """As every runner's. Raises EngineError, and what ``progress`` raises."""

        def on_progress(done: float, total: int) -> None:
            if progress is not None:
                progress(done, total)

        result = self._client.apply(
            None,
            None,
            *image_arguments(picture),
            recipe=self._recipe.to_json(),
            region=None if region is None else (region.y, region.x, region.height, region.width),
            icc=picture.metadata.icc,
            on_progress=on_progress,
        )
        self._on_provider(result.provider_label, result.fallback)
        report = Report(
            result.model,
            result.provider,
            result.fallback,
            result.engine_seconds,
            chosen=result.chosen,
            warnings=result.warnings,
        )
        made = with_metadata(pixels_of(result), picture.metadata)
        at = all_of(size_of(made)) if result.region is None else Bounds(*result.region)
        return Result(made, at, result.exact, None, report)


class PreviewRunner(Runner):
    """The result that the preview has already, put together; no network runs."""

    def __init__(self, recipe: Recipe, make: Make) -> None:
        self._recipe, self._make = recipe, make

    def output_size(self, size: Extent) -> Extent:
        return _size_after(self._recipe, size)

    def run(
        self,
        picture: Picture,
        *,
        region: Bounds | None = None,
        want_mask: bool = False,
        progress: Progress | None = None,
        memo: Memo | None = None,
    ) -> Result:
        def tell(share: float) -> None:
            if progress is not None:
                progress(round(share * 1000), 1000)

        made = self._make(tell)
        return Result(made, all_of(size_of(made)), True, None, _OF_PREVIEW)


def _size_after(recipe: Recipe, size: Extent) -> Extent:
    for step in recipe.steps:
        size = scaled_size(size, getattr(step.options, "scale", 1.0))
    return size


class Worker(QObject):
    """Does one picture at a time.

    Signals, each with the id of the item:
        progress: how much is done, in [0, 1].
        finished: the result is written; with the record's warnings.
        failed: a sentence on why it is not.
        cancelled: it was stopped, and nothing was written.
        engine_died: the engine ended under the picture, with a sentence on it.
        no_engine: it cannot be started, with a sentence on it; no other picture would fare better.
    And ``provider``: (label, why not the GPU or None), with each result.
    """

    progress = pyqtSignal(int, float)
    finished = pyqtSignal(int, str)
    failed = pyqtSignal(int, str)
    cancelled = pyqtSignal(int)
    engine_died = pyqtSignal(int, str)
    no_engine = pyqtSignal(int, str)
    provider = pyqtSignal(str, object)

    def __init__(self, connect: Callable[[], Client], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._connect = connect
        self._client: Client | None = None
        self._surveyed: tuple[Recipe, tuple[Path, ...]] | None = None
        self._stop = False
        self._pool = ThreadPoolExecutor(1, "unfade-queue")

    def run(self, item: Item, quality: int, together: Sequence[Path] = ()) -> None:
        """Begins; one of the signals that end a picture follows.

        Args:
            quality: for what was added.
            together: the pictures that are run with the same recipe, for filters that treat them alike.
        """
        self._stop = False
        assert item.target is not None
        save, job = item.save, batch.Job(item.source, item.target)
        how: dict[str, Any] = {"quality": quality}
        if save is not None:
            how = {"write": lambda picture, _job: write_as(picture, save.choice)}
            how["read"] = read_picture if save.picture is None else lambda _path: save.picture
        make = None if save is None else save.make
        self._pool.submit(self._run, item.id, job, list(item.steps), make, tuple(together), how)

    def cancel(self) -> None:
        """Stops the picture that is running; while its file is being written it is finished instead."""
        self._stop = True

    def rest(self) -> None:
        """Ends the engine, and gives its memory back, until the next picture comes."""
        self._pool.submit(self._drop_engine)

    def close(self) -> None:
        """Stops what runs, waits for that, and ends the engine. No signals follow. May be called again."""
        self.blockSignals(True)
        self.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._drop_engine()

    # In the thread

    def _run(
        self,
        id: int,
        job: batch.Job,
        steps: list[dict[str, Any]],
        make: Make | None,
        together: tuple[Path, ...],
        how: dict[str, Any],
    ) -> None:
        def on_progress(_index: int, share: float) -> None:
            if self._stop:
                raise Cancelled
            self.progress.emit(id, share)

        try:
            recipe = Recipe.from_json({"steps": steps})
            runner: Runner
            if make is None:
                runner = self._runner(recipe, together or (job.source,))
            else:
                runner = PreviewRunner(recipe, make)
            (record,) = batch.run([job], runner, on_progress=on_progress, explain=self._sentence, **how)
        except Cancelled:
            self.cancelled.emit(id)
        except EngineError as error:
            self._lost(id, job, error)
        except Exception as error:
            self.failed.emit(id, explain(error, str(job.source)))
        else:
            if record.error is None:
                self.finished.emit(id, " ".join(record.warnings))
            else:
                self.failed.emit(id, record.error)

    def _runner(self, recipe: Recipe, together: tuple[Path, ...]) -> Runner:
        def on_progress(_done: float, _total: int) -> None:
            if self._stop:
                raise Cancelled

        if self._client is None:
            self._client = self._connect()
        if self._surveyed != (recipe, together):
            self._client.survey(recipe.to_json(), together, on_progress)
            self._surveyed = (recipe, together)
        return EngineRunner(recipe, self._client, self.provider.emit)

    def _sentence(self, error: Exception, job: batch.Job) -> str:
        """The sentence for a failure that is the picture's own."""
        if isinstance(error, EngineError) and error.kind in _ENDING:
            raise error
        return explain(error, str(job.source))

    def _lost(self, id: int, job: batch.Job, error: EngineError) -> None:
        sentence = explain(error, str(job.source))
        if error.kind in _ENGINE_GONE:
            self._drop_engine()
        if error.kind == "cancelled" or self._stop:
            self.cancelled.emit(id)
        elif error.kind == "start":
            self.no_engine.emit(id, sentence)
        else:
            self.engine_died.emit(id, sentence)

    def _drop_engine(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = self._surveyed = None


class QueueRunner(QObject):
    """Gives the worker one picture after the other, and the queue what became of them.

    Signals:
        changed: something is to be shown anew; also every second while a picture runs.
        begun: a picture (Item).
        ended: a picture (Item): done, failed or cancelled.
        told: (Item, sentences): the warnings of its record.
        said: a sentence for the status bar.
        refused: a sentence on why nothing is begun.
        provider: (label, why not the GPU or None), as soon as it is known.

    Args:
        queue: the pictures.
        steps: gives the recipe's steps as they are set now.
        output: gives where results go.
        connect: starts the queue's engine.
    """

    changed = pyqtSignal()
    begun = pyqtSignal(object)
    ended = pyqtSignal(object)
    told = pyqtSignal(object, str)
    said = pyqtSignal(str)
    refused = pyqtSignal(str)
    provider = pyqtSignal(str, object)

    def __init__(
        self,
        queue: Queue,
        steps: Callable[[], Sequence[dict[str, Any]]],
        output: Callable[[], Output],
        connect: Callable[[], Client],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._queue, self._steps, self._output = queue, steps, output
        self._closing = False
        self._worker = worker = Worker(connect, self)
        worker.progress.connect(self._progressed)
        worker.finished.connect(self._finished)
        worker.failed.connect(self._failed)
        worker.cancelled.connect(self._cancelled)
        worker.engine_died.connect(self._engine_died)
        worker.no_engine.connect(self._no_engine)
        worker.provider.connect(self.provider)
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self.changed)

    def start(self) -> None:
        """Runs what waits with the recipe as it is set now."""
        steps = for_any_picture(self._steps())
        waiting = [item for item in self._queue.items if item.state is ItemState.WAITING]
        added = [item for item in waiting if item.save is None]
        if added and not steps:
            self.said.emit(translate("Queue", "The recipe has no steps; choose a filter first."))
            return
        try:
            if added:  # before the first of them runs, not after it
                check_writable(self._output().target(added[0], ()))
        except OutputError as error:
            self.refused.emit(explain(error, added[0].name))
            return
        self._queue.start(steps)
        self.go_on()

    def cancel(self, ids: set[int]) -> None:
        """Takes pictures that wait or run out of it."""
        if self._queue.cancel(ids):
            self._worker.cancel()

    def close(self) -> None:
        """Stops everything. May be called again."""
        self._closing = True
        self._clock.stop()
        self._worker.close()

    def go_on(self) -> None:
        """Begins what is next, where nothing runs."""
        output = self._output()
        item = self._queue.begin(output, time.monotonic())
        if item is not None:
            self._worker.run(item, output.quality, self._queue.together(item))
            self._clock.start()
            self.begun.emit(item)
        elif self._queue.running is None:
            self._clock.stop()
            self._worker.rest()
        self.changed.emit()

    def _ended(self, id: int, note: Callable[[], None]) -> None:
        if self._closing:
            return
        item = self._queue.item(id)
        note()
        if not item.unfinished:
            self.ended.emit(item)
        self.go_on()
        if item.save is None and not self._queue.at_work and not self._queue.count(ItemState.WAITING):
            self.said.emit(
                translate("Queue", "The queue is done: {summary}").format(summary=counts(self._queue))
            )

    # What the worker tells. Methods of this object, for Qt to drop what still is on its way when it goes.

    def _progressed(self, id: int, share: float) -> None:
        self._queue.progress(id, share)

    def _finished(self, id: int, told: str) -> None:
        if told:
            self.told.emit(self._queue.item(id), told)
        self._ended(id, lambda: self._queue.finish(id, time.monotonic(), told))

    def _failed(self, id: int, sentence: str) -> None:
        self._ended(id, lambda: self._queue.fail(id, sentence))

    def _cancelled(self, id: int) -> None:
        self._ended(id, lambda: self._queue.cancelled(id))

    def _engine_died(self, id: int, sentence: str) -> None:
        item = self._queue.item(id)
        if item.attempts < MOST_ATTEMPTS:
            text = translate("Queue", "The engine stopped at {name}; it was started again.")
            self.said.emit(text.format(name=item.name))
        self._ended(id, lambda: self._queue.engine_died(id, sentence))

    def _no_engine(self, id: int, sentence: str) -> None:
        self._queue.pause()
        self._ended(id, lambda: self._queue.fail(id, sentence))
