"""Starting the window: the application, its looks and language, and the engine behind it."""

from __future__ import annotations

import ctypes.util
import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from PyQt6.QtCore import QMessageLogContext, QTimer, QtMsgType, qInstallMessageHandler
from PyQt6.QtWidgets import QApplication

from unfade import __version__
from unfade.ui.display import NO_DISPLAY
from unfade.ui.host import Host
from unfade.ui.language import install_language
from unfade.ui.link import EngineLink
from unfade.ui.settings import Settings
from unfade.ui.theme import apply_theme
from unfade.ui.window import Window

_log = logging.getLogger("unfade.ui.qt")

_INTERRUPTED = 130
_LISTEN_EVERY = 200  # milliseconds
_NO_XCB_CURSOR = "The window needs a library of the system that is missing: install libxcb-cursor0."


def run_window(picture: Path | None, filter: str | None) -> int:
    """Shows the window until it is closed.

    Args:
        picture: opened at once.
        filter: the name of the filter that is on at the start.
    """
    app, settings = _start()
    link = EngineLink()
    window = Window(settings, link)
    link.start()
    if filter is not None:
        window.start_with([{"filter": filter, "options": settings.last_options(filter)}])
    if picture is not None:
        window.opener.open_file(picture.absolute())
    window.show()
    interrupted = _close_on_signals(window)
    code = app.exec()
    return _INTERRUPTED if interrupted else code


def run_host() -> int:
    """Serves frames on stdin and stdout: shows the window for each picture that comes, until they end."""
    app, settings = _start()
    app.setQuitOnLastWindowClosed(False)
    host = Host(settings)
    host.ended.connect(app.quit)
    host.start()
    code = app.exec()
    host.close()
    return code


def _start() -> tuple[QApplication, Settings]:
    qInstallMessageHandler(_on_message)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("unfade")
    app.setApplicationDisplayName("Unfade")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("unfade")
    settings = Settings()
    install_language(app, settings.language)
    apply_theme(app, settings)
    return app, settings


def _close_on_signals(window: Window) -> list[int]:
    """Has Ctrl+C and SIGTERM close the window as its own button does; gives the list of those that came."""
    came: list[int] = []

    def close(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        window.close()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, close)
    timer = QTimer(window)  # Python hears of signals only when some of its code runs
    timer.timeout.connect(lambda: None)
    timer.start(_LISTEN_EVERY)
    return came


def _on_message(kind: QtMsgType, _context: QMessageLogContext, text: str | None) -> None:
    """Qt's messages go to the log; what it would abort for is said in a sentence, with exit code 1."""
    if kind is QtMsgType.QtFatalMsg:
        _log.error("%s", text)
        lacking = "xcb" in (text or "") and ctypes.util.find_library("xcb-cursor") is None
        _end(_NO_XCB_CURSOR if lacking else NO_DISPLAY)
    _log.log(_LEVELS.get(kind, logging.INFO), "%s", text)


def _end(sentence: str) -> NoReturn:
    sys.stderr.write(f"unfade: {sentence}\n")
    sys.stderr.flush()
    os._exit(1)  # Qt would abort, and leave a core file


_LEVELS: dict[Any, int] = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
}
