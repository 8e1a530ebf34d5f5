"""Hints kept beside their picture, as ``NAME.hints.json``, which the command line takes too."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from unfade.errors import OutputError, UnfadeError
from unfade.filters import HINTS, Hint, check_inside
from unfade.inference import Extent
from unfade.paths import read_json, whole_or_absent
from unfade.ui.document import Change, Document

_log = logging.getLogger(__name__)

SUFFIX: Final = ".hints.json"
_AFTER = 600  # milliseconds of quiet before hints are written


def hints_path(picture: Path) -> Path:
    """Where a picture's hints are: "cat.jpg.hints.json"."""
    return picture.with_name(picture.name + SUFFIX)


def load_hints(picture: Path, extent: Extent) -> tuple[Hint, ...]:
    """The picture's hints, none where there is no file. Raises UsageError for a file of something else."""
    path = hints_path(picture)
    if not path.exists():
        return ()
    hints: tuple[Hint, ...] = HINTS.read(read_json(path))
    check_inside(hints, extent)
    return hints


def save_hints(picture: Path, hints: tuple[Hint, ...]) -> None:
    """Writes the picture's hints; without any there is no file. Raises OutputError."""
    path = hints_path(picture)
    if not hints:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{path} cannot be removed: {error.strerror or error}.") from error
        return
    text = json.dumps(HINTS.write(hints), indent=2)
    with whole_or_absent(path) as stream:
        stream.write(f"{text}\n".encode())


class HintKeeper(QObject):
    """Writes the document's hints after every change, in a thread, once it has become quiet.

    Signals:
        failed: a sentence: they cannot be kept.
    """

    failed = pyqtSignal(str)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._kept: tuple[Path | None, tuple[Hint, ...]] = (None, ())
        self._pool = ThreadPoolExecutor(1, "unfade-hints")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_AFTER)
        self._timer.timeout.connect(self.write)
        document.subscribe(self._changed)

    def write(self) -> None:
        """Writes now what has not been written yet."""
        self._timer.stop()
        path, hints = self._kept[0], self._document.hints
        if path is None or path != self._document.path or hints == self._kept[1]:
            return
        self._kept = (path, hints)
        self._pool.submit(self._save, path, hints)

    def close(self) -> None:
        """Writes what is left, and waits for that."""
        self.write()
        self._pool.shutdown(wait=True)

    def _changed(self, change: Change) -> None:
        if change is Change.PICTURE:
            self._timer.stop()
            self._kept = (self._document.path, self._document.hints)
        elif change is Change.STATE and self._document.hints != self._kept[1]:
            self._timer.start()

    def _save(self, path: Path, hints: tuple[Hint, ...]) -> None:
        try:
            save_hints(path, hints)
        except UnfadeError as error:
            _log.warning("%s", error)
            self.failed.emit(str(error))
