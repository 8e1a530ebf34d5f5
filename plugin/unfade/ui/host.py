"""The window as a server: an editor sends a picture, a person works on it, the result goes back.

It speaks the frames of ``unfade serve`` (docs/service.md), so that a plug-in uses one client for both. One
``apply`` at a time; its filter and options are what the window starts with.
"""

from __future__ import annotations

import dataclasses
import sys
import threading
from collections.abc import Callable
from typing import Any

from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QGuiApplication, QWindow

from unfade.errors import UsageError
from unfade.filters import check_region
from unfade.inference import Extent
from unfade.picture import Picture
from unfade.service.client import Client
from unfade.service.connection import Connection, Upload
from unfade.service.protocol import Apply, Cancel, Image, Request, Shutdown
from unfade.ui import start_engine
from unfade.ui.finishing import Finished
from unfade.ui.link import EngineLink
from unfade.ui.selection import Selection
from unfade.ui.settings import Settings
from unfade.ui.window import Window

translate = QCoreApplication.translate

_DRAIN_SECONDS = 5.0
_PARENTING = ("xcb", "windows")  # Qt's platforms where windows of other programs have numbers


class Host(QObject):
    """Requests in, a window for each, replies out.

    Attributes:
        window: the one that is shown now.

    Signals:
        ended: the editor has no more to ask.
    """

    ended = pyqtSignal()
    _wanted = pyqtSignal(object, object, object)
    _stopped = pyqtSignal()

    def __init__(
        self, settings: Settings, parent: int | None = None, connect: Callable[[], Client] = start_engine
    ) -> None:
        """Takes stdin and stdout. Raises UsageError where they are no pipes.

        ``parent`` is the editor's window, above which the windows stay; ``connect`` starts their engines.
        """
        super().__init__()
        self._settings, self._parent, self._connect = settings, parent, connect
        self._editor: QWindow | None = None
        self._connection = Connection.on_standard_streams(self.ended.emit)
        self._request: Apply | None = None
        self.window: Window | None = None
        self._sending: threading.Thread | None = None
        self._wanted.connect(self._show)
        self._stopped.connect(self._stop)

    def start(self) -> None:
        """Says hello and begins to read."""
        self._connection.start()
        threading.Thread(target=self._read, name="unfade-host", daemon=True).start()

    def close(self) -> None:
        """Closes the window and sends what is still to be sent."""
        self._stop()
        if self._sending is not None:
            self._sending.join()
        self._connection.drain(_DRAIN_SECONDS)

    # In the reading thread

    def _read(self) -> None:
        try:
            self._connection.read(self._take)
        except Exception as error:
            self._connection.fail(None, error)
        self._stopped.emit()
        self.ended.emit()

    def _take(self, request: Request) -> bool:
        """Does what a request asks for; False after the last one."""
        if isinstance(request, Apply):
            self._begin(request)
        elif isinstance(request, Cancel):
            self._stopped.emit()
        elif isinstance(request, Shutdown):
            self._connection.post({"type": "result", "id": request.id})
            return False
        else:
            raise UsageError("The window answers apply and cancel; unfade serve answers the rest.")
        return True

    def _begin(self, request: Apply) -> None:
        if self._request is not None:
            raise UsageError("The window is at work on another picture; apply or close that one first.")
        if request.image is None or (request.region is not None) != request.selection:
            raise UsageError(
                "The window needs a picture's pixels, all of them, and for a region its selection."
            )
        upload, region = Upload(request.image), request.region
        if region is not None:
            check_region(region, Extent(request.image.height, request.image.width))
        self._request = request

        def failed(error: Exception) -> None:
            self._refuse(request, error)

        if region is None:
            self._connection.expect(
                request.id, upload, lambda picture: self._wanted.emit(request, picture, None), failed
            )
            return

        def selected(mask: Picture) -> None:
            self._wanted.emit(request, upload.picture, Selection(region, mask.pixels[..., 0]))

        mask = Upload(Image(region.height, region.width, 1, "u8"))
        self._connection.expect(request.id, upload, lambda _picture: None, failed)
        self._connection.expect(request.id, mask, selected, failed, selection=True)

    # In any

    def _refuse(self, request: Apply, error: Exception) -> None:
        """Gives a request up."""
        self._request = None
        self._connection.fail(request.id, error)

    # In the event loop

    def _show(self, request: Apply, picture: Picture, selection: Selection | None) -> None:
        link = EngineLink(self._connect)
        window = Window(self._settings, link, hosted=True)
        window.finisher.applied.connect(self._applied)
        window.closed.connect(lambda: self._closed(request))
        self.window = window
        link.start()
        try:
            window.start_with(request.recipe.to_json()["steps"])
        except UsageError as error:
            self._refuse(request, error)
            window.close()
            return
        title = request.title or translate("Host", "Picture from the editor")
        window.opener.open_picture(picture, title, selection)
        self._put_above_editor(window)
        window.show()
        window.raise_()
        window.activateWindow()

    def _put_above_editor(self, window: Window) -> None:
        """A click on the editor does not hide the window, where the system can do that."""
        if self._parent is None or QGuiApplication.platformName() not in _PARENTING:
            return
        # To Qt only dialogs belong to other windows.
        buttons = Qt.WindowType.WindowMinMaxButtonsHint | Qt.WindowType.WindowCloseButtonHint
        window.setWindowFlags(Qt.WindowType.Dialog | buttons)
        window.winId()  # there is no handle before
        handle, self._editor = window.windowHandle(), QWindow.fromWinId(sip.voidptr(self._parent))
        if handle is not None and self._editor is not None:
            handle.setTransientParent(self._editor)

    def _applied(self, finished: Finished, steps: list[dict[str, Any]]) -> None:
        request, self._request = self._request, None
        if request is not None:
            self._answer(request, finished, steps)
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
            self._connection.refuse(request.id, "cancelled", message)

    def _stop(self) -> None:
        if self._request is not None:
            self._connection.drop(self._request.id)
        if self.window is not None:
            self.window.close()
        else:
            self._cancel(self._request)

    def _answer(self, request: Apply, finished: Finished, steps: list[dict[str, Any]]) -> None:
        header: dict[str, Any] = {"id": request.id, **finished.report, "recipe": {"steps": steps}}
        if finished.region is not None:
            header["region"] = dataclasses.asdict(finished.region)
        order = request.image.order if request.image else sys.byteorder
        self._sending = threading.Thread(
            target=self._connection.send_result,
            args=(header, finished.picture.pixels),
            kwargs={"order": order},
            name="unfade-send",
        )
        self._sending.start()
