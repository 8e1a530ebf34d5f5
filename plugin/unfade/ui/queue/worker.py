"""Runs the queue's pictures in a thread, the networks in an engine process that is the queue's own.

Its own, so that a large picture that costs the engine its life does not take the window's preview along. The
engine is started with the first picture, started again after its end, and closed when there is nothing to do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal

from unfade.errors import Cancelled, UnfadeError
from unfade.log import log_file
from unfade.picture import Picture, read_picture, write_picture
from unfade.service.client import Client, EngineError, Result
from unfade.ui.engine import DEPTHS, as_picture, sentence_of, start_engine

translate = QCoreApplication.translate
_log = logging.getLogger(__name__)

_ENGINE_GONE = ("died", "timeout", "protocol", "closed")


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
        self._pool.submit(self._run, id, source, target, list(steps), quality)

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

    def _run(self, id: int, source: Path, target: Path, steps: list[dict[str, Any]], quality: int) -> None:
        try:
            self._do(id, source, target, steps, quality)
        except Cancelled:
            self.cancelled.emit(id)
        except EngineError as error:
            if error.kind in _ENGINE_GONE:
                _log.warning("%s: %s %s", source, error, error.details)
                self._drop_engine()
            if error.kind == "cancelled" or self._stop:
                self.cancelled.emit(id)
            elif error.kind in _ENGINE_GONE:
                self.engine_died.emit(id, sentence_of(error))
            elif error.kind == "start":
                self.no_engine.emit(id, str(error))
            else:
                self.failed.emit(id, sentence_of(error))
        except UnfadeError as error:
            self.failed.emit(id, str(error))
        except MemoryError:
            text = translate("Queue", "There is not enough memory for {path}; close other programs.")
            self.failed.emit(id, text.format(path=source))
        except Exception as error:
            _log.exception("%s failed unexpectedly", source)
            text = translate(
                "Queue", "{path} failed in a way Unfade did not foresee ({kind}); {log} tells more."
            )
            self.failed.emit(id, text.format(path=source, kind=type(error).__name__, log=log_file()))
        else:
            self.finished.emit(id)

    def _do(self, id: int, source: Path, target: Path, steps: list[dict[str, Any]], quality: int) -> None:
        self._check()
        picture = read_picture(source)
        self._check()
        if self._client is None:
            self._client = self._connect()
        result = self._filter(id, picture, steps)
        self.provider.emit(result.provider_label, result.fallback)
        self._check()
        target.parent.mkdir(parents=True, exist_ok=True)
        write_picture(as_picture(result, picture.metadata), target, quality=quality)

    def _filter(self, id: int, picture: Picture, steps: list[dict[str, Any]]) -> Result:
        assert self._client is not None

        def on_progress(done: int, total: int) -> bool:
            if total:
                self.progress.emit(id, done / total)
            return not self._stop

        height, width, channels = picture.pixels.shape
        depth = DEPTHS[np.dtype(picture.pixels.dtype)]
        pixels = picture.pixels.data
        return self._client.apply(
            None,
            None,
            width,
            height,
            channels,
            depth,
            pixels,
            recipe={"steps": steps},
            icc=picture.metadata.icc,
            on_progress=on_progress,
        )

    def _check(self) -> None:
        if self._stop:
            raise Cancelled

    def _drop_engine(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
