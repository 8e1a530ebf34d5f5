"""The window as a server: an editor sends a picture, a person works on it, the result goes back.

It speaks the frames of ``unfade serve`` (docs/service.md), so that a plug-in uses one client for both. One
``apply`` at a time; its filter and options are what the window starts with.
"""

from __future__ import annotations

import logging
import sys
import threading
from io import BufferedReader
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal

from unfade.errors import UnfadeError, UsageError
from unfade.models import Task
from unfade.picture import Picture
from unfade.service.channel import Outbox, take_standard_streams
from unfade.service.client import Result
from unfade.service.jobs import Upload, kind_of
from unfade.service.profiles import returned
from unfade.service.protocol import STRIPE, BrokenFrame, Image, read_header
from unfade.service.requests import Apply, Cancel, Pixels, Shutdown, id_of, parse_request
from unfade.service.server import discard, hello
from unfade.ui.engine import as_picture
from unfade.ui.link import EngineLink
from unfade.ui.profiles import result_metadata
from unfade.ui.settings import Settings
from unfade.ui.window import Window

translate = QCoreApplication.translate
_log = logging.getLogger(__name__)

_DRAIN_SECONDS = 5.0


class Host(QObject):
    """Requests in, a window for each, replies out.

    Attributes:
        window: the one that is shown now.

    Signals:
        ended: the editor has no more to ask.
    """

    ended = pyqtSignal()
    _wanted = pyqtSignal(object, object, str)
    _stopped = pyqtSignal()

    def __init__(self, settings: Settings) -> None:
        """Takes stdin and stdout. Raises UsageError where they are no pipes."""
        super().__init__()
        self._settings = settings
        self._source, sink = take_standard_streams()
        self._outbox = Outbox(sink, on_broken=self.ended.emit)
        self._request: Apply | None = None
        self._upload: Upload | None = None
        self._picture: Picture | None = None
        self._title = ""
        self.window: Window | None = None
        self._sending: threading.Thread | None = None
        self._wanted.connect(self._show)
        self._stopped.connect(self._stop)

    def start(self) -> None:
        """Says hello and begins to read."""
        self._outbox.start()
        self._outbox.post(hello())
        threading.Thread(target=self._read, name="unfade-host", daemon=True).start()

    def close(self) -> None:
        """Closes the window and sends what is still to be sent."""
        self._stop()
        if self._sending is not None:
            self._sending.join()
        self._outbox.drain(_DRAIN_SECONDS)

    # In the reading thread

    def _read(self) -> None:
        try:
            while self._take(self._source):
                pass
        except BrokenFrame as error:
            self._fail(None, error)
        except Exception as error:
            _log.exception("unexpected failure")
            self._fail(None, error)
        self._stopped.emit()
        self.ended.emit()

    def _take(self, stream: BufferedReader) -> bool:
        """Takes one frame; False after the last."""
        frame = read_header(stream)
        if frame is None:
            return False
        header, payload = frame
        try:
            request = parse_request(header)
            if isinstance(request, Pixels):
                payload = self._receive(request, stream, payload)
            elif isinstance(request, Apply):
                self._begin(request, header)
            elif isinstance(request, Cancel):
                self._stopped.emit()
            elif isinstance(request, Shutdown):
                self._outbox.post({"type": "result", "id": request.id})
                return False
            else:
                raise UsageError("The window answers apply and cancel; unfade serve answers the rest.")
        except (UnfadeError, MemoryError) as error:
            if isinstance(error, BrokenFrame):
                raise
            self._fail(id_of(header), error)
        discard(stream, payload)
        return True

    def _begin(self, request: Apply, header: dict[str, Any]) -> None:
        if self._request is not None:
            raise UsageError("The window is at work on another picture; apply or close that one first.")
        if request.image is None or request.region is not None:
            raise UsageError("The window needs a picture's pixels, all of them.")
        self._upload = Upload(request.image)
        self._request = request
        self._title = str(header.get("title") or translate("Host", "Picture from the editor"))

    def _receive(self, request: Pixels, stream: BufferedReader, payload: int) -> int:
        """Takes in a stripe, and gives how many of its bytes are left unread."""
        upload, apply = self._upload, self._request
        if upload is None or apply is None or request.id != apply.id:
            return payload
        if payload > upload.missing:
            self._upload = self._request = None
            raise UsageError("There are more pixels than the image's size says.")
        upload.receive(stream, payload)
        if upload.missing == 0:
            self._upload, self._picture = None, upload.picture
            self._wanted.emit(apply, self._picture, self._title)
        return 0

    # In the event loop

    def _show(self, request: Apply, picture: Picture, title: str) -> None:
        link = EngineLink()
        window = Window(self._settings, link, hosted=True)
        window.finisher.applied.connect(self._applied)
        window.closed.connect(lambda: self._closed(request))
        self.window = window
        link.start()
        try:
            window.start_with(request.recipe.to_json()["steps"])
        except UsageError as error:
            self._request = None
            window.close()
            self._fail(request.id, error)
            return
        window.opener.open_picture(picture, title)
        window.show()
        window.raise_()
        window.activateWindow()

    def _applied(self, result: Result, steps: list[dict[str, Any]]) -> None:
        request, self._request = self._request, None
        if request is not None:
            self._answer(request, result, steps)
        if self.window is not None:
            self.window.close()

    def _closed(self, request: Apply) -> None:
        window, self.window = self.window, None
        if window is not None:
            window.deleteLater()
        self._cancel(request)

    def _cancel(self, request: Apply | None) -> None:
        """Refuses a request that is still open: while its window closes, the next one may have come."""
        if request is not None and request is self._request:
            self._request = None
            message = translate("Host", "The window was closed, and nothing was changed.")
            self._outbox.post({"type": "error", "id": request.id, "kind": "cancelled", "message": message})

    def _stop(self) -> None:
        self._upload = None
        if self.window is not None:
            self.window.close()
        else:
            self._cancel(self._request)

    def _answer(self, request: Apply, result: Result, steps: list[dict[str, Any]]) -> None:
        assert self._picture is not None
        made = as_picture(result, result_metadata(self._picture, [Task(step["filter"]) for step in steps]))
        pixels = returned(made, self._picture)
        image = Image.of(pixels, request.image.order if request.image else sys.byteorder)
        header = {
            "type": "result",
            "id": request.id,
            "image": image.header,
            "pixels": image.size,
            "mask": False,
            "exact": result.exact,
            "model": result.model,
            "provider": result.provider,
            "provider_label": result.provider_label,
            "fallback": result.fallback,
            "seconds": result.seconds,
            "engine_seconds": result.engine_seconds,
            "recipe": {"steps": steps},
        }
        work = threading.Thread(
            target=self._send, args=(header, pixels.reshape(-1), image.swapped), name="unfade-send"
        )
        self._sending = work
        work.start()

    def _send(self, header: dict[str, Any], samples: NDArray[Any], swapped: bool) -> None:
        self._outbox.post(header)
        step = STRIPE // samples.itemsize
        for first in range(0, samples.size, step):
            stripe = samples[first : first + step]
            if swapped:
                stripe = stripe.byteswap()
            self._outbox.send({"type": "pixels", "id": header["id"]}, stripe.view(np.uint8).data)

    def _fail(self, id: int | None, error: Exception) -> None:
        message = str(error) if isinstance(error, UnfadeError) else translate("Host", "Something went wrong.")
        self._outbox.post({"type": "error", "id": id, "kind": kind_of(error), "message": message})
