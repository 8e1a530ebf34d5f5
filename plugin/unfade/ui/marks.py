"""What is marked on a picture, colour hints and painted strokes, kept beside it and there again with it.

The files are what the command line takes too: ``NAME.hints.json`` of Colorize, ``NAME.FILTER.strokes.json``.
Those of a picture whose folder may not be written to are kept in a folder of the program's own.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from unfade.errors import OutputError, UnfadeError
from unfade.filters import check_inside, find_filter, options_of
from unfade.inference import Extent
from unfade.paths import is_there, read_json, whole_or_absent
from unfade.ui.document import CHAIN, Change, Document, Mark, marks_of
from unfade.ui.language import explain

_LONGEST_NAME = 255  # bytes
_AFTER = 600  # milliseconds of quiet before marks are written


def marks_path(picture: Path, mark: Mark) -> Path:
    """Where a picture's marks of one kind are: "cat.jpg.hints.json", "cat.jpg.deartifact.strokes.json"."""
    filter, option = mark
    kind = option if mark == ("colorize", "hints") else f"{filter}.{option}"
    return picture.with_name(f"{picture.name}.{kind}.json")


def own_marks_path(folder: Path, picture: Path, mark: Mark) -> Path:
    """Where they are in a folder of the program's own: pictures of one name lie in many folders."""
    name = marks_path(picture, mark).name
    if len(os.fsencode(name)) > _LONGEST_NAME:
        name = f"{_digest(os.fsencode(name))}.json"
    return folder / _digest(os.fsencode(picture.parent.absolute())) / name


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:16]


def load_marks(picture: Path, extent: Extent, folder: Path) -> tuple[dict[Mark, Any], str | None]:
    """The picture's marks, as far as there are files; and a sentence on one that cannot be used.

    Those in the program's own ``folder`` count more: they are later than what could not be written over.
    """
    found: dict[Mark, Any] = {}
    trouble = None
    for filter in CHAIN:
        for name in marks_of(filter):
            mark = (filter.name, name)
            path = own_marks_path(folder, picture, mark)
            if not is_there(path):
                path = marks_path(picture, mark)
            try:
                if is_there(path):
                    found[mark] = _read(path, mark, extent)
            except (UnfadeError, OSError) as error:
                trouble = explain(error, path.name)
    return found, trouble


def save_marks(picture: Path, mark: Mark, value: Any, folder: Path) -> Path | None:
    """Writes a picture's marks of one kind; without any there is no file.

    Gives the program's own ``folder`` for this picture where they had to go there, because the picture's
    may not be written to; else None. Raises OutputError.
    """
    own = own_marks_path(folder, picture, mark)
    try:
        _write(marks_path(picture, mark), mark, value)
    except OutputError:
        own.parent.mkdir(parents=True, exist_ok=True)
        # what lies beside the picture, and can be neither written over nor removed, counts no more
        _write(own, mark, value, keep_empty=is_there(marks_path(picture, mark)))
        return own.parent
    own.unlink(missing_ok=True)
    return None


def _write(path: Path, mark: Mark, value: Any, *, keep_empty: bool = False) -> None:
    if not (value or keep_empty):
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
        kept: they could: (picture, folder), the folder of the program's own where they had to go there, or
            None for beside the picture.
    """

    failed = pyqtSignal(str)
    kept = pyqtSignal(object, object)

    def __init__(self, document: Document, folder: Path, parent: QObject | None = None) -> None:
        """``folder`` is the program's own, for pictures whose folder may not be written to."""
        super().__init__(parent)
        self._document, self._folder = document, folder
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
            elsewhere = save_marks(path, mark, value, self._folder)
        except Exception as error:
            self.failed.emit(explain(error, str(marks_path(path, mark))))
        else:
            self.kept.emit(path, elsewhere)


def _read(path: Path, mark: Mark, extent: Extent) -> Any:
    value = _option(mark).from_json(read_json(path))
    if mark[1] == "hints":
        check_inside(value, extent)
    return value


def _option(mark: Mark) -> Any:
    filter, name = mark
    return next(option for option in options_of(find_filter(filter).Options) if option.name == name)
