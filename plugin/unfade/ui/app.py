"""Starting the window: the application, its looks and language, and the engine behind it."""

from __future__ import annotations

import collections
import ctypes
import logging
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NoReturn

from PyQt6.QtCore import (
    QCoreApplication,
    QLibraryInfo,
    QMessageLogContext,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PyQt6.QtWidgets import QApplication

from unfade import __version__
from unfade.errors import first_line
from unfade.log import log_file
from unfade.service.client import Client
from unfade.ui import NO_DISPLAY, start_engine
from unfade.ui.host import Host
from unfade.ui.language import explain, install_language
from unfade.ui.link import EngineLink
from unfade.ui.settings import Settings
from unfade.ui.theme import apply_theme
from unfade.ui.window import Window

translate = QCoreApplication.translate

_log = logging.getLogger("unfade.ui.qt")

_INTERRUPTED = 130
_LISTEN_EVERY = 200  # milliseconds
_warnings: collections.deque[str] = collections.deque(maxlen=20)  # what Qt said before it gives up


def run_window(picture: Path | None, filter: str | None, connect: Callable[[], Client] = start_engine) -> int:
    """Shows the window until it is closed.

    Args:
        picture: opened at once.
        filter: the name of the filter that is on at the start.
        connect: starts the preview's engine.
    """
    app, settings = _start()
    link = EngineLink(connect)
    window = Window(settings, link)
    survive(lambda: window)
    link.start()
    if filter is not None:
        window.start_with([{"filter": filter, "options": settings.last_options(filter)}])
    if picture is not None:
        window.opener.open_file(picture.absolute())
    window.show()
    interrupted = _close_on_signals(window)
    code = app.exec()
    return _INTERRUPTED if interrupted else code


def run_host(parent: int | None = None, connect: Callable[[], Client] = start_engine) -> int:
    """Serves frames on stdin and stdout: shows the window for each picture that comes, until they end.

    Args:
        parent: the editor's window, by the system's number for it.
        connect: starts the preview's engine.
    """
    app, settings = _start()
    app.setQuitOnLastWindowClosed(False)
    host = Host(settings, parent, connect)
    survive(lambda: host.window)
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


def survive(window: Callable[[], Window | None]) -> None:
    """Has what nobody foresaw told in the window, and noted in the log; the window goes on.

    By itself PyQt ends the process at an exception that one of its slots lets through, and all that is not
    saved with it.
    """
    told: set[str] = set()  # what fails in painting fails in every frame

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not isinstance(error, Exception):
            sys.__excepthook__(kind, error, trace)
            QCoreApplication.exit(_INTERRUPTED)
            return
        found = "".join(traceback.format_exception(kind, error, trace))
        shown = window()
        if found not in told:
            told.add(found)
            sentence = explain(error, translate("Window", "the window"))
            if shown is not None:
                shown.notice.show_sentence(sentence, about="unforeseen")

    sys.excepthook = hook


def _close_on_signals(window: Window) -> list[int]:
    """Has Ctrl+C and SIGTERM close the window as its own button does; gives the list of those that came."""
    came: list[int] = []

    def close(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        window.close_unasked()

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
        _end(_why_not_shown(" ".join([*_warnings, text or ""])))
    _warnings.append(text or "")
    _log.log(_LEVELS.get(kind, logging.INFO), "%s", text)


def _why_not_shown(said: str) -> str:
    """A sentence on why Qt shows no window, by all that it said."""
    if re.search("could not connect to display|Failed to create wl_display", said):
        return NO_DISPLAY
    absent = re.search('Could not find the Qt platform plugin "(.*?)"', said)
    if absent is not None:
        names = ", ".join(sorted({path.stem.removeprefix("lib")[1:] for path in _plugins()}))
        return (
            f"Qt has no way to show a window that is called {absent[1]!r}: let QT_QPA_PLATFORM be one of "
            f"{names}, or leave it out."
        )
    found = re.search('Could not load the Qt platform plugin "(.*?)"', said)
    lacking = None if found is None else _missing_library(found[1])
    if lacking is not None:
        return f"The window needs a library of the system that is missing ({lacking}); install it."
    return f"Qt cannot show a window here; {log_file()} tells more."


def _plugins() -> list[Path]:
    """The files of Qt's ways to show windows."""
    folders = [Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)) / "platforms"]
    if named := os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH"):
        folders.insert(0, Path(named))
    return [path for at in folders for path in at.glob("*") if path.suffix in (".so", ".dll", ".dylib")]


def _missing_library(plugin: str) -> str | None:
    """What the loader says that a plugin lacks; None where it lacks nothing."""
    for path in _plugins():
        if path.stem in (f"libq{plugin}", f"q{plugin}"):
            try:
                ctypes.CDLL(str(path))
            except OSError as error:
                return first_line(error)
    return None


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
