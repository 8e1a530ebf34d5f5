"""The window's engine: a child ``unfade serve``, spoken to from threads, answering with signals.

One thread starts the engine and writes to it, so that what is stored is there before it is asked about; a few
others wait for answers. An engine that dies is started again: pictures are stored anew, open requests made
once more, and only a picture or a request that an engine dies of twice is given up.
"""

from __future__ import annotations

import dataclasses
import itertools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal

from unfade.inference import Bounds
from unfade.picture import Metadata, Picture, is_profile_for
from unfade.service.client import Client, EngineError, Job, Result
from unfade.service.protocol import DEPTHS
from unfade.ui import start_engine
from unfade.ui.language import explain

translate = QCoreApplication.translate
_log = logging.getLogger(__name__)

_GONE: Final = ("died", "timeout", "protocol")
_MOST_ATTEMPTS = 2
_WAITING = 4  # requests that are waited for at the same time


_TYPES: Final[dict[str, np.dtype[Any]]] = {name: np.dtype(kind) for name, kind in DEPTHS.items()}
_NAMES: Final = {dtype: name for name, dtype in _TYPES.items()}


def image_arguments(picture: Picture) -> tuple[int, int, int, str, memoryview]:
    """A picture as the client sends it: width, height, channels, depth, pixels."""
    height, width, channels = picture.pixels.shape
    return width, height, channels, _NAMES[picture.pixels.dtype], picture.pixels.data


def pixels_of(result: Result) -> NDArray[Any]:
    """The result's HWC pixels; they share its memory."""
    pixels = np.frombuffer(result.pixels, _TYPES[result.depth])
    return pixels.reshape(result.height, result.width, result.channels)


def report_of(result: Result) -> dict[str, Any]:
    """What ran, as a reply says it."""
    names = (
        "exact",
        "model",
        "provider",
        "provider_label",
        "fallback",
        "chosen",
        "warnings",
        "seconds",
        "engine_seconds",
    )
    return {name: getattr(result, name) for name in names}


def with_metadata(pixels: NDArray[Any], metadata: Metadata) -> Picture:
    """A result's HWC pixels with the metadata of what they were made from, without a profile that does not
    fit them: what Colorize makes of a gray picture with a gray profile is sRGB."""
    pixels, icc = np.ascontiguousarray(pixels), metadata.icc
    if icc is not None and not is_profile_for(icc, gray=pixels.shape[2] < 3):
        metadata = dataclasses.replace(metadata, icc=None)
    return Picture(pixels, metadata)


@dataclass(frozen=True)
class Request:
    """What the engine is asked for."""

    picture: str
    """The name it is stored under."""
    steps: tuple[dict[str, Any], ...]
    region: Bounds | None = None
    """In pixels of the picture; None for all of it."""
    supersede: str | None = None
    """A newer request with the same key takes this one's place."""


class EngineLink(QObject):
    """An engine process and what it holds.

    Signals:
        listed: the reply to ``list`` (dict): filters, models, provider, fallback, trouble.
        answered: (ticket, Result).
        refused: (ticket, kind, sentence): there will be no answer. Kinds as those of EngineError; ticket 0
            is that of pictures which could not be stored.
        progressed: (ticket, tiles done, tiles in all).
        lost: a sentence: the engine has ended and is being started again.
        unavailable: a sentence: it cannot be started.
    """

    listed = pyqtSignal(object)
    answered = pyqtSignal(int, object)
    refused = pyqtSignal(int, str, str)
    progressed = pyqtSignal(int, float, int)
    lost = pyqtSignal(str)
    unavailable = pyqtSignal(str)

    def __init__(self, connect: Callable[[], Client] = start_engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._connect = connect
        self._client: Client | None = None
        # Touched by the writing thread alone:
        self._pictures: dict[str, Callable[[], Picture]] = {}
        self._deadly: dict[str, int] = {}  # pictures that are not stored, by how many engines ended at it
        self._jobs: dict[int, Job] = {}
        self._requests: dict[int, tuple[Request, int]] = {}
        # By any:
        self._tickets = itertools.count(1)
        self._closing = threading.Event()
        self._writer = ThreadPoolExecutor(1, "unfade-link")
        self._waiters = ThreadPoolExecutor(_WAITING, "unfade-wait")

    # Called from the event loop; none of it waits

    def start(self) -> None:
        """Starts the engine; ``listed`` or ``unavailable`` follows."""
        self._do(self._start)

    def store(self, name: str, make: Callable[[], Picture]) -> None:
        """Keeps a picture in the engine, in place of one of the same name.

        Args:
            name: what requests call it.
            make: gives the picture, in another thread; again when the engine has to be started again.
        """
        self._do(self._store, name, make)

    def forget(self, name: str) -> None:
        """Lets go of a picture."""
        self._do(self._forget, name)

    def ask(self, request: Request) -> int:
        """Asks for a result or a part of one, and gives the ticket that the answer comes with."""
        ticket = next(self._tickets)
        self._do(self._ask, ticket, request, 1)
        return ticket

    def cancel(self, ticket: int) -> None:
        """Stops a request; it is refused with the kind "cancelled"."""
        self._do(self._cancel, ticket)

    @property
    def pid(self) -> int | None:
        """The engine's process id, for diagnosis; None while there is no engine."""
        client = self._client
        return None if client is None else client.pid

    def close(self) -> None:
        """Ends the engine and all threads. No signals follow. May be called again."""
        self.blockSignals(True)
        self._closing.set()
        client = self._client
        if client is not None:
            client.close()
        for pool in (self._writer, self._waiters):
            pool.shutdown(wait=True, cancel_futures=True)
        if self._client is not None:  # it may have been started meanwhile
            self._client.close()
            self._client = None

    # In the writing thread

    def _do(self, work: Callable[..., None], *arguments: Any) -> None:
        if not self._closing.is_set():
            self._writer.submit(self._guarded, work, *arguments)

    def _guarded(self, work: Callable[..., None], *arguments: Any) -> None:
        try:
            if not self._closing.is_set():
                work(*arguments)
        except Exception as error:
            self.refused.emit(0, "internal", self._explain(error))

    def _start(self) -> None:
        try:
            client = self._connect()
        except EngineError as error:
            _log.warning("%s %s", error, error.details)
            self._give_up(str(error))
            return
        self._client = client
        if self._closing.is_set():
            client.close()
            return
        self._waiters.submit(self._list, client)
        for name in tuple(self._pictures):
            if self._client is client and not self._is_given_up(name):
                self._send_picture(client, name)

    def _give_up(self, sentence: str) -> None:
        for ticket in tuple(self._requests):
            self._refuse(ticket, "start", sentence)
        self.unavailable.emit(sentence)

    def _store(self, name: str, make: Callable[[], Picture]) -> None:
        self._pictures[name] = make
        self._deadly.pop(name, None)
        if self._client is not None:
            self._send_picture(self._client, name)

    def _send_picture(self, client: Client, name: str) -> EngineError | None:
        """What was in the way; the engine may be another one then."""
        picture = self._pictures[name]()
        try:
            client.store(name, *image_arguments(picture), icc=picture.metadata.icc)
        except EngineError as error:
            gone = error.kind in _GONE
            self._deadly[name] = self._deadly.get(name, 0) + 1 if gone else _MOST_ATTEMPTS
            if self._is_given_up(name):
                self.refused.emit(0, error.kind, self._explain(error))
            self._failed(client, error)
            return error
        self._deadly.pop(name, None)
        return None

    def _is_given_up(self, name: str) -> bool:
        """Whether a picture is stored no more until it is asked about again."""
        return self._deadly.get(name, 0) >= _MOST_ATTEMPTS

    def _forget(self, name: str) -> None:
        self._deadly.pop(name, None)
        if self._pictures.pop(name, None) is None or self._client is None:
            return
        try:
            self._client.forget(name)
        except EngineError as error:
            self._failed(self._client, error)

    def _ask(self, ticket: int, request: Request, attempt: int) -> None:
        client = self._client
        if client is not None and self._is_given_up(request.picture):
            error = self._send_picture(client, request.picture)
            if error is not None:
                self._refuse(ticket, error.kind, self._explain(error))
                return
        self._requests[ticket] = (request, attempt)
        if client is None:
            self._refuse(ticket, "start", translate("EngineLink", "The engine is not running."))
            return
        at = request.region
        try:
            job = client.submit_stored(
                None,
                None,
                request.picture,
                recipe={"steps": list(request.steps)},
                region=None if at is None else (at.y, at.x, at.height, at.width),
                lane=request.supersede,
            )
        except EngineError as error:
            if error.kind not in _GONE:
                self._refuse(ticket, error.kind, self._explain(error))
            self._failed(client, error)
            return
        self._jobs[ticket] = job
        self._waiters.submit(self._wait, client, ticket, job)

    def _cancel(self, ticket: int) -> None:
        job = self._jobs.get(ticket)
        if job is not None:
            job.cancel()

    def _ended(self, ticket: int) -> None:
        self._requests.pop(ticket, None)
        self._jobs.pop(ticket, None)

    def _refuse(self, ticket: int, kind: str, sentence: str) -> None:
        self._ended(ticket)
        self.refused.emit(ticket, kind, sentence)

    def _failed(self, client: Client, error: EngineError) -> None:
        """The engine has gone, or an answer is an error that belongs to no request."""
        _log.warning("%s %s", error, error.details)
        if error.kind not in _GONE or client is not self._client:
            return
        self._client = None
        client.close()
        self.lost.emit(self._explain(error))
        open_requests = dict(self._requests)
        self._start()
        for ticket, (request, attempt) in open_requests.items():
            if attempt < _MOST_ATTEMPTS:
                self._ask(ticket, request, attempt + 1)
            else:
                self._refuse(ticket, error.kind, self._explain(error))

    def _explain(self, error: Exception) -> str:
        return explain(error, translate("EngineLink", "the picture"))

    # In the waiting threads

    def _list(self, client: Client) -> None:
        try:
            self.listed.emit(client.list())
        except EngineError as error:
            self._do(self._failed, client, error)

    def _wait(self, client: Client, ticket: int, job: Job) -> None:
        def on_progress(done: float, total: int) -> None:
            self.progressed.emit(ticket, done, total)

        try:
            result: Result = job.result(on_progress)
        except EngineError as error:
            if error.kind in _GONE:
                self._do(self._failed, client, error)
            else:
                self._do(self._refuse, ticket, error.kind, self._explain(error))
        except Exception as error:
            self._do(self._refuse, ticket, "internal", self._explain(error))
        else:
            self._do(self._ended, ticket)
            self.answered.emit(ticket, result)
