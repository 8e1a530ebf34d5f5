"""Opening pictures off the event loop: the pixels, what is shown first, and the hints beside the file."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal

from unfade.errors import UnfadeError
from unfade.filters import Hint
from unfade.inference import Extent
from unfade.log import log_file
from unfade.picture import Picture, read_picture
from unfade.ui.canvas.painting import Original
from unfade.ui.hints import load_hints

translate = QCoreApplication.translate
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Opened:
    """A picture, ready to be shown."""

    picture: Picture
    original: Original
    path: Path | None
    title: str
    hints: tuple[Hint, ...] = ()
    remark: str | None = None
    """A sentence on what could not be taken along."""


class Loader(QObject):
    """Opens one picture after the other; only the one asked for last is told of.

    Signals:
        opened: an :class:`Opened`.
        failed: a sentence on why it cannot be opened.
        busy: whether something is being opened.
    """

    opened = pyqtSignal(object)
    failed = pyqtSignal(str)
    busy = pyqtSignal(bool)
    _done = pyqtSignal(int, object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(1, "unfade-open")
        self._numbers = itertools.count(1)
        self._newest = 0
        self._done.connect(self._finish)

    def open_file(self, path: Path) -> None:
        """Opens a picture file."""
        self._begin(lambda: _from_file(path), str(path))

    def open_picture(self, picture: Picture, title: str) -> None:
        """Opens what came without a file: from the clipboard, from an editor."""
        self._begin(lambda: Opened(picture, Original.of(picture), None, title), title)

    def close(self) -> None:
        """Opens nothing any more."""
        self.blockSignals(True)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, make: Callable[[], Opened], name: str) -> None:
        self._newest = next(self._numbers)
        self.busy.emit(True)
        self._pool.submit(self._run, self._newest, make, name)

    def _run(self, number: int, make: Callable[[], Opened], name: str) -> None:
        if number != self._newest:
            return
        try:
            self._done.emit(number, make(), "")
        except UnfadeError as error:
            self._done.emit(number, None, str(error))
        except MemoryError:
            text = translate("Loader", "There is not enough memory to open {name}; close other programs.")
            self._done.emit(number, None, text.format(name=name))
        except Exception as error:
            _log.exception("%s could not be opened", name)
            text = translate(
                "Loader",
                "{name} was not opened, for a reason Unfade did not foresee ({kind}); {log} tells more.",
            )
            told = text.format(name=name, kind=type(error).__name__, log=log_file())
            self._done.emit(number, None, told)

    def _finish(self, number: int, opened: Opened | None, sentence: str) -> None:
        if number != self._newest:
            return
        self.busy.emit(False)
        if opened is None:
            self.failed.emit(sentence)
        else:
            self.opened.emit(opened)


def _from_file(path: Path) -> Opened:
    picture = read_picture(path)
    hints: tuple[Hint, ...] = ()
    remark = None
    try:
        hints = load_hints(path, Extent(picture.height, picture.width))
    except UnfadeError as error:
        remark = str(error)
    return Opened(picture, Original.of(picture), path, path.name, hints, remark)
