"""Runs the queue's pictures in a thread, the networks in an engine process that is the queue's own.

Its own, so that a large picture that costs the engine its life does not take the window's preview along. The
engine is started with the first picture, started again after its end, and closed when there is nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from unfade import batch
from unfade.errors import Cancelled
from unfade.filters import Memo, Progress, Recipe, Report, Result, Runner, all_of, scaled_size, size_of
from unfade.inference import Bounds, Extent
from unfade.picture import Picture
from unfade.service.client import Client, EngineError
from unfade.ui.explain import explain
from unfade.ui.link import image_arguments, pixels_of, start_engine, with_metadata

_ENGINE_GONE = ("died", "timeout", "protocol", "closed")


class EngineRunner(Runner):
    """A recipe that is run by an engine process."""

    def __init__(
        self, recipe: Recipe, client: Client, on_provider: Callable[[str, str | None], object]
    ) -> None:
        """``on_provider`` is told (label, why not the GPU or None) after each run."""
        self._recipe, self._client, self._on_provider = recipe, client, on_provider

    def output_size(self, size: Extent) -> Extent:
        for step in self._recipe.steps:
            size = scaled_size(size, getattr(step.options, "scale", 1.0))
        return size

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

        def on_progress(done: int, total: int) -> None:
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
        report = Report(result.model, result.provider, result.fallback, result.engine_seconds)
        made = with_metadata(pixels_of(result), picture.metadata)
        at = all_of(size_of(made)) if result.region is None else Bounds(*result.region)
        return Result(made, at, result.exact, None, report)


class Worker(QObject):
    """Does one picture at a time.

    Signals, each with the id that :meth:`run` was given:
        progress: how much is done, in [0, 1].
        finished: the result is written.
        failed: a sentence on why it is not.
        cancelled: it was stopped, and nothing was written.
        engine_died: the engine ended under the picture, with a sentence on it.
        no_engine: it cannot be started, with a sentence on it; no other picture would fare better.
    And ``provider``: (label, why not the GPU or None), with each result.
    """

    progress = pyqtSignal(int, float)
    finished = pyqtSignal(int)
    failed = pyqtSignal(int, str)
    cancelled = pyqtSignal(int)
    engine_died = pyqtSignal(int, str)
    no_engine = pyqtSignal(int, str)
    provider = pyqtSignal(str, object)

    def __init__(self, connect: Callable[[], Client] = start_engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._connect = connect
        self._client: Client | None = None
        self._stop = False
        self._pool = ThreadPoolExecutor(1, "unfade-queue")

    def run(self, id: int, source: Path, target: Path, steps: Sequence[dict[str, Any]], quality: int) -> None:
        """Begins; one of the signals that end a picture follows."""
        self._stop = False
        self._pool.submit(self._run, id, batch.Job(source, target), list(steps), quality)

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

    def _run(self, id: int, job: batch.Job, steps: list[dict[str, Any]], quality: int) -> None:
        def on_progress(_index: int, share: float) -> None:
            if self._stop:
                raise Cancelled
            self.progress.emit(id, share)

        try:
            if self._client is None:
                self._client = self._connect()
            runner = EngineRunner(Recipe.from_json({"steps": steps}), self._client, self.provider.emit)
            (record,) = batch.run(
                [job], runner, quality=quality, on_progress=on_progress, explain=self._sentence
            )
        except Cancelled:
            self.cancelled.emit(id)
        except EngineError as error:
            self._lost(id, job, error)
        except Exception as error:
            self.failed.emit(id, explain(error, str(job.source)))
        else:
            if record.error is None:
                self.finished.emit(id)
            else:
                self.failed.emit(id, record.error)

    def _sentence(self, error: Exception, job: batch.Job) -> str:
        """The sentence for a failure that is the picture's own."""
        if isinstance(error, EngineError) and error.kind in (*_ENGINE_GONE, "cancelled", "start"):
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
            self._client = None
