"""What is marked on a picture, colour hints and painted strokes, kept beside it and there again with it.

The files are what the command line takes too: ``NAME.hints.json`` of Colorize, ``NAME.FILTER.strokes.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from unfade.errors import OutputError, UnfadeError
from unfade.filters import check_inside, find_filter, options_of
from unfade.inference import Extent
from unfade.paths import read_json, whole_or_absent
from unfade.ui.document import CHAIN, Change, Document, Mark, marks_of
from unfade.ui.explain import explain

_AFTER = 600  # milliseconds of quiet before marks are written


def marks_path(picture: Path, mark: Mark) -> Path:
    """Where a picture's marks of one kind are: "cat.jpg.hints.json", "cat.jpg.deartifact.strokes.json"."""
    filter, option = mark
    kind = option if mark == ("colorize", "hints") else f"{filter}.{option}"
    return picture.with_name(f"{picture.name}.{kind}.json")


def load_marks(picture: Path, extent: Extent) -> tuple[dict[Mark, Any], str | None]:
    """The picture's marks, as far as there are files; and a sentence on one that cannot be used."""
    found: dict[Mark, Any] = {}
    trouble = None
    for filter in CHAIN:
        for name in marks_of(filter):
            path = marks_path(picture, (filter.name, name))
            try:
                if path.exists():
                    found[filter.name, name] = _read(path, (filter.name, name), extent)
            except (UnfadeError, OSError) as error:
                trouble = explain(error, path.name)
    return found, trouble


def save_marks(picture: Path, mark: Mark, value: Any) -> None:
    """Writes a picture's marks of one kind; without any there is no file. Raises OutputError."""
    path = marks_path(picture, mark)
    if not value:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{path} cannot be removed: {error.strerror or error}.") from error
        return
    text = json.dumps(_option(mark).to_json(value), indent=2)
    with whole_or_absent(path) as stream:
        stream.write(f"{text}\n".encode())


class MarksKeeper(QObject):
    """Writes the document's marks after every change, in a thread, once it has become quiet.

    Signals:
        failed: a sentence: they cannot be kept.
        kept: they could.
    """

    failed = pyqtSignal(str)
    kept = pyqtSignal()

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._path: Path | None = None
        self._kept: Mapping[Mark, Any] = {}
        self._pool = ThreadPoolExecutor(1, "unfade-marks")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_AFTER)
        self._timer.timeout.connect(self.write)
        document.subscribe(self._changed)

    def write(self) -> None:
        """Writes now what has not been written yet."""
        self._timer.stop()
        path, marks = self._path, self._document.state.marks
        if path is None or path != self._document.path:
            return
        for mark, value in marks.items():
            if value != self._kept.get(mark):
                self._pool.submit(self._save, path, mark, value)
        self._kept = marks

    def close(self) -> None:
        """Writes what is left, and waits for that."""
        self.write()
        self._pool.shutdown(wait=True)

    def _changed(self, change: Change) -> None:
        if change is Change.PICTURE:
            self._timer.stop()
            self._path, self._kept = self._document.path, self._document.state.marks
        elif change is Change.STATE and self._document.state.marks != self._kept:
            self._timer.start()

    def _save(self, path: Path, mark: Mark, value: Any) -> None:
        try:
            save_marks(path, mark, value)
        except Exception as error:
            self.failed.emit(explain(error, str(marks_path(path, mark))))
        else:
            self.kept.emit()


def _read(path: Path, mark: Mark, extent: Extent) -> Any:
    value = _option(mark).from_json(read_json(path))
    if mark[1] == "hints":
        check_inside(value, extent)
    return value


def _option(mark: Mark) -> Any:
    filter, name = mark
    return next(option for option in options_of(find_filter(filter).Options) if option.name == name)
