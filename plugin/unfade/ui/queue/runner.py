"""Runs the queue: gives the worker one picture after the other, and the queue what became of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from PyQt6.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal

from unfade.service.client import Client
from unfade.ui.queue.model import MOST_ATTEMPTS, Item, ItemState, Output, Queue, counts
from unfade.ui.queue.worker import Worker
from unfade.ui.recipes import for_any_picture

translate = QCoreApplication.translate


class QueueRunner(QObject):
    """One picture at a time.

    Signals:
        changed: something is to be shown anew; also every second while a picture runs.
        begun: a picture (Item).
        said: a sentence for the status bar.
        provider: (label, why not the GPU or None), as soon as it is known.

    Args:
        queue: the pictures.
        steps: gives the recipe's steps as they are set now.
        output: gives where results go.
        connect: starts the queue's engine.
    """

    changed = pyqtSignal()
    begun = pyqtSignal(object)
    said = pyqtSignal(str)
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
        if not steps:
            self.said.emit(translate("Queue", "The recipe has no steps; choose a filter first."))
            return
        self._queue.start(steps)
        self._go_on()

    def cancel(self, ids: set[int]) -> None:
        """Takes pictures that wait or run out of it."""
        if self._queue.cancel(ids):
            self._worker.cancel()

    def close(self) -> None:
        """Stops everything. May be called again."""
        self._closing = True
        self._clock.stop()
        self._worker.close()

    def _go_on(self) -> None:
        output = self._output()
        item = self._queue.begin(output, time.monotonic())
        if item is not None and item.target is not None:
            self._worker.run(item.id, item.source, item.target, item.steps, output.quality)
            self._clock.start()
            self.begun.emit(item)
        elif self._queue.running is None:
            self._clock.stop()
            self._worker.rest()
        self.changed.emit()

    def _ended(self, note: Callable[[], None]) -> None:
        if self._closing:
            return
        note()
        self._go_on()
        if self._queue.running is None and not self._queue.count(ItemState.WAITING):
            self.said.emit(
                translate("Queue", "The queue is done: {summary}").format(summary=counts(self._queue))
            )

    # What the worker tells. Methods of this object, for Qt to drop what still is on its way when it goes.

    def _progressed(self, id: int, share: float) -> None:
        self._queue.progress(id, share)

    def _finished(self, id: int) -> None:
        self._ended(lambda: self._queue.finish(id, time.monotonic()))

    def _failed(self, id: int, sentence: str) -> None:
        self._ended(lambda: self._queue.fail(id, sentence))

    def _cancelled(self, id: int) -> None:
        self._ended(lambda: self._queue.cancelled(id))

    def _engine_died(self, id: int, sentence: str) -> None:
        item: Item = self._queue.item(id)
        if item.attempts < MOST_ATTEMPTS:
            text = translate("Queue", "The engine stopped at {name}; it was started again.")
            self.said.emit(text.format(name=item.source.name))
        self._ended(lambda: self._queue.engine_died(id, sentence))

    def _no_engine(self, id: int, sentence: str) -> None:
        self._queue.pause()
        self._ended(lambda: self._queue.fail(id, sentence))
